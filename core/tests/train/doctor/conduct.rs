//! Input that is refused, work that is stopped, and output that is written.

use frontdesk::doctor::{DoctorOptions, DoctorStage, FindingKind, cross_validated, examine, label_errors};
use frontdesk::{Error, ErrorKind};
use serde_json::Value;

use super::given::{blobs, diagnose, good, of, read, troubled};

#[test]
fn what_does_not_fit_is_refused() {
    let rows = good(20, 18);
    let names = ["calm", "cross"].map(str::to_owned);
    let field = |error: &Error| (error.kind(), error.field().map(str::to_owned));
    let invalid = |name: &str| (ErrorKind::InvalidInput, Some(name.to_owned()));
    for near in [0.4, 1.1, f64::NAN] {
        let options = DoctorOptions { near, ..DoctorOptions::default() };
        let error = examine(&of(&rows, None), &options, &|_| panic!("the work began")).unwrap_err();
        assert_eq!(field(&error), invalid("near"));
    }
    let with = |probabilities: &[Vec<f32>], labels: &[String], tokens: Option<&[usize]>| {
        let mut examination = of(&rows, None);
        examination.train.probabilities = Some(probabilities);
        examination.train.tokens = tokens;
        examination.labels = labels;
        examine(&examination, &DoctorOptions::default(), &|_| Ok(())).map(|_| ()).unwrap_err()
    };
    let even = vec![vec![0.5; 2]; 20];
    let mut wrong = even.clone();
    wrong[4][1] = f32::NAN;
    let error = with(&wrong, &names, None);
    assert!(field(&error) == invalid("probabilities") && error.message().contains("line 6"), "{error}");
    assert_eq!(field(&with(&even[1..], &names, None)), invalid("probabilities"));
    assert_eq!(field(&with(&even, &names[1..], None)), invalid("probabilities"));
    assert_eq!(field(&with(&even, &names, Some(&[1]))), invalid("tokens"));
    let error = with(&even, &["calm", "other"].map(str::to_owned), None);
    assert!(error.kind() == ErrorKind::DataInvalid && error.message().contains("line 3"), "{error}");

    let (features, labels) = blobs(12, 2, 3, 9);
    let cross = |features: &[Vec<f32>], labels: &[usize], folds| {
        cross_validated(features, labels, 2, folds, 1, &|_| Ok(())).map(|_| ()).unwrap_err()
    };
    assert_eq!(field(&cross(&features, &labels[1..], 2)), invalid("labels"));
    assert_eq!(field(&cross(&features, &[2; 12], 2)), invalid("labels"));
    assert_eq!(field(&cross(&features, &labels, 1)), invalid("folds"));
    assert_eq!(field(&cross(&features, &labels, 13)), invalid("folds"));
    assert_eq!(cross(&features, &[0; 12], 2).kind(), ErrorKind::DataInvalid);
    assert_eq!(cross(&[], &[], 2).kind(), ErrorKind::DataInvalid);
    let mut bad = features.clone();
    bad[5][1] = f32::INFINITY;
    assert_eq!(field(&cross(&bad, &labels, 2)), invalid("features"));
    bad[5].pop();
    assert_eq!(field(&cross(&bad, &labels, 2)), invalid("features"));
    assert_eq!(field(&label_errors(&[vec![0.5, 2.0]], &[0]).unwrap_err()), invalid("probabilities"));
    assert_eq!(field(&label_errors(&[vec![0.5, 0.5]], &[2]).unwrap_err()), invalid("labels"));
    assert_eq!(label_errors(&[], &[]).unwrap().errors, []);
}

#[test]
fn whoever_waits_can_stop_each_stage() {
    let stop = || Err(Error::new(ErrorKind::Cancelled, "enough"));
    let rows = good(100, 19);
    for stage in [
        DoctorStage::Texts,
        DoctorStage::Sketches,
        DoctorStage::NearDuplicates,
        DoctorStage::Languages,
        DoctorStage::Giveaways,
    ] {
        let tell = |p: frontdesk::doctor::DoctorProgress| if p.stage == stage { stop() } else { Ok(()) };
        let error = examine(&of(&rows, None), &DoctorOptions::default(), &tell).unwrap_err();
        assert_eq!((error.kind(), error.message()), (ErrorKind::Cancelled, "enough"), "{stage:?}");
    }
    let (features, labels) = blobs(40, 2, 3, 9);
    let tell = |p: frontdesk::doctor::DoctorProgress| if p.done == 2 { stop() } else { Ok(()) };
    let error = cross_validated(&features, &labels, 2, 5, 1, &tell).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
}

#[test]
fn rows_are_written_one_a_line_and_the_brief_keeps_the_counts() {
    let (train, valid) = troubled(20);
    let diagnosis = diagnose(&train, Some(&valid));
    let mut written = Vec::new();
    diagnosis.write_rows(&mut written).unwrap();
    let written: Vec<Value> = std::str::from_utf8(&written)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(written.len(), diagnosis.findings.iter().map(|finding| finding.count).sum::<usize>());
    let leak = serde_json::json!({
        "file": "valid", "line": 2, "finding": "leak", "severity": "stop",
        "other": {"file": "train", "line": 22}, "similarity": 1.0,
    });
    assert_eq!(written[0], leak);
    assert!(diagnosis.stops() && diagnosis.findings.is_sorted_by_key(|finding| finding.severity));
    let brief = diagnosis.brief(3);
    for (whole, brief) in diagnosis.findings.iter().zip(&brief.findings) {
        assert_eq!((brief.count, &brief.message), (whole.count, &whole.message));
        assert_eq!(brief.rows, whole.rows[..whole.count.min(3)]);
    }
    let codes: Vec<String> =
        FindingKind::ALL.iter().map(|kind| read(&serde_json::to_value(kind).unwrap())).collect();
    assert!(codes.iter().all(|code| code.chars().all(|c| c.is_ascii_lowercase() || c == '-')), "{codes:?}");
    let options: DoctorOptions = serde_json::from_str(r#"{"multiLabel": true, "near": 0.8}"#).unwrap();
    assert_eq!(options, DoctorOptions { multi_label: true, near: 0.8, tiny_class: 10 });
    assert!(serde_json::from_str::<DoctorOptions>(r#"{"similarity": 1}"#).is_err());
}
