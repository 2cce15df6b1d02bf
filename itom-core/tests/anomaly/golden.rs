//! The snapshots of a detector of format versions 1 and 2 are read by every later build.

use itom_core::anomaly::Detector;
use itom_core::snapshot;

use crate::common::golden;

/// A saw with a step, five minutes apart, over four days.
fn series() -> (Vec<i64>, Vec<f64>) {
    let values = (0..1152).map(|i| f64::from(i * 37 % 29) + if i >= 900 { 80.0 } else { 0.0 });
    ((0..1152).map(|i| 1_767_225_600_000_000_000 + i * 300_000_000_000).collect(), values.collect())
}

/// Where the detector alarms on the last 352 points, and what it says where the step is.
fn goes_on(mut detector: Detector) -> (Vec<usize>, String) {
    let (times, values) = series();
    assert_eq!(detector.points(), 800);
    let verdicts = detector.verdicts(&times[800..], &values[800..]).unwrap();
    let alerts = (0..verdicts.alert.len()).filter(|&i| verdicts.alert[i] >= 0.5).collect();
    (alerts, verdicts.reason[100].to_string())
}

#[test]
fn a_detector_of_version_2_goes_on() {
    let (times, values) = series();
    let bytes = golden("anomaly.detector.v2.itom", || {
        let mut detector = Detector::new();
        detector.score(&times[..800], &values[..800]).unwrap();
        detector.to_bytes()
    });
    let header = snapshot::header(&bytes).unwrap();
    assert_eq!((header.engine.as_str(), header.version), ("anomaly.detector", 2));
    let detector = Detector::from_bytes(&bytes).unwrap();
    assert!(detector.to_bytes() == bytes, "equal states give equal bytes");
    let (alerts, reason) = goes_on(detector);
    assert_eq!(alerts, [100], "the step and nothing else");
    assert_eq!(reason, "10 times the usual distance above the long-term level");
}

/// Version 1 did not remember what it had seen: that is learned anew, levels and seasons go on.
#[test]
fn a_detector_of_version_1_goes_on() {
    let bytes = golden("anomaly.detector.v1.itom", || unreachable!("no build writes it any more"));
    assert_eq!(snapshot::header(&bytes).unwrap().version, 1);
    let (alerts, reason) = goes_on(Detector::from_bytes(&bytes).unwrap());
    assert_eq!(alerts, [100], "the step and nothing else");
    assert_eq!(reason, "10 times the usual distance above the long-term level");
}
