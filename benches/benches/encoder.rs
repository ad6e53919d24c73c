//! The trunk of the bundled model.
//!
//!     cargo bench -p frontdesk-benches --bench encoder [-- FILTER]
//!
//! Names are `precision/shape` on the reference (candle) and the packed path; `one/12` is one text of 12
//! tokens, `mix/32` are 32 texts of 4 to 128.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use frontdesk_models::config::Config;
use frontdesk_models::encoder::{Encoder, PackedEncoder, TokenBatch};
use frontdesk_models::kernels::{Isa, Precision};
use frontdesk_models::reference::{Device, ReferenceEncoder};
use frontdesk_models::weights::{Limits, Weights};

fn batch(lengths: impl IntoIterator<Item = u32>) -> TokenBatch {
    TokenBatch::new(
        lengths.into_iter().map(|length| (0..length).map(|at| 1000 + 37 * at).collect::<Vec<_>>()),
    )
}

fn trunk(criterion: &mut Criterion) {
    let model = frontdesk::default_model_dir().expect("the bundled model");
    let json = std::fs::read(model.join("config.json")).expect("its configuration");
    let config = Config::from_json(&json).expect("its configuration");
    let weights = Weights::open(&model.join("model.safetensors"), Limits::default()).expect("its weights");
    let isa = Isa::chosen().expect("an instruction set of this processor");
    let packed = |precision| PackedEncoder::load(&config, &weights, precision, isa).expect("the trunk");
    let reference = ReferenceEncoder::load(&config, &weights, &Device::cpu()).expect("the trunk");
    let encoders: [(&str, Box<dyn Encoder>); 4] = [
        ("int8", Box::new(packed(Precision::Int8))),
        ("bf16", Box::new(packed(Precision::Bf16))),
        ("f32", Box::new(packed(Precision::F32))),
        ("reference", Box::new(reference)),
    ];
    let shapes = [
        ("one/12", batch([12])),
        ("one/26", batch([26])),
        ("one/92", batch([92])),
        ("mix/32", batch((1..=32).map(|at| 4 * at))),
    ];
    for (name, encoder) in &encoders {
        let mut group = criterion.benchmark_group(*name);
        group.sample_size(20);
        for (shape, batch) in &shapes {
            group.throughput(Throughput::Elements(batch.sequences().map(<[u32]>::len).sum::<usize>() as u64));
            group.bench_function(*shape, |bencher| bencher.iter(|| encoder.forward(batch).expect("a pass")));
        }
        group.finish();
    }
}

criterion_group!(encoder, trunk);
criterion_main!(encoder);
