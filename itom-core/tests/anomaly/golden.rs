//! The snapshot of a detector of format version 1 is read by every later build.

use itom_core::anomaly::Detector;
use itom_core::snapshot;

use crate::common::golden;

/// A saw with a step, five minutes apart, over four days.
fn series() -> (Vec<i64>, Vec<f64>) {
    let values = (0..1152).map(|i| f64::from(i * 37 % 29) + if i >= 900 { 80.0 } else { 0.0 });
    ((0..1152).map(|i| 1_767_225_600_000_000_000 + i * 300_000_000_000).collect(), values.collect())
}

#[test]
fn a_detector_of_version_1_goes_on() {
    let (times, values) = series();
    let bytes = golden("anomaly.detector.v1.itom", || {
        let mut detector = Detector::new();
        detector.score(&times[..800], &values[..800]).unwrap();
        detector.to_bytes()
    });
    let header = snapshot::header(&bytes).unwrap();
    assert_eq!((header.engine.as_str(), header.version), ("anomaly.detector", 1));
    let mut detector = Detector::from_bytes(&bytes).unwrap();
    assert_eq!(detector.points(), 800);
    assert_eq!(detector.to_bytes(), bytes, "equal states give equal bytes");
    let verdicts = detector.verdicts(&times[800..], &values[800..]).unwrap();
    let alerts: Vec<usize> =
        (0..verdicts.alert.len()).filter(|&i| verdicts.alert[i] >= 0.5).collect();
    assert_eq!(alerts, [100], "the step and nothing else");
    assert_eq!(
        verdicts.reason[100].to_string(),
        "rose by 7.6 times the usual change from the point before",
    );
}
