//! A warm pass takes its memory from the arena: what it allocates does not grow with layers or tokens.
#![allow(unsafe_code)]

mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use common::{golden, minilm_dir, read};
use frontdesk_models::encoder::{Encoder, PackedEncoder, TokenBatch};
use frontdesk_models::kernels::{Isa, Precision};

/// The system's allocator, and how often this thread asked it.
struct Counting;

thread_local! {
    static ASKED: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ASKED.set(ASKED.get() + 1);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ASKED.set(ASKED.get() + 1);
        // SAFETY: as the caller promises.
        unsafe { System.realloc(at, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The hidden states, the batch's ends, a wave with its sequences, and what the thread pool needs for a scope.
const PER_PASS: usize = 12;

#[test]
fn a_warm_pass_allocates_its_result_and_little_else() {
    let (config, weights) = read(&minilm_dir());
    let sequences = golden().minilm.sequences;
    let longest = sequences.iter().max_by_key(|sequence| sequence.len()).unwrap();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    for precision in [Precision::F32, Precision::Bf16, Precision::Int8] {
        let encoder = PackedEncoder::load(&config, &weights, precision, Isa::chosen().unwrap()).unwrap();
        let batches: Vec<_> =
            [1, 7, longest.len()].map(|tokens| TokenBatch::new([&longest[..tokens]])).into();
        pool.install(|| {
            encoder.forward(&batches[2]).unwrap();
            for batch in &batches {
                let before = ASKED.get();
                let states = encoder.forward(batch).unwrap();
                let asked = ASKED.get() - before;
                drop(states);
                assert!(asked > 0, "the result was allocated, so the count works");
                assert!(asked <= PER_PASS, "{precision:?}, {} tokens: {asked} allocations", batch.longest());
            }
        });
    }
}
