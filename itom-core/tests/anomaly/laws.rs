//! The laws of `anomaly::Detector`: a prefix is judged without its future, any split gives the
//! same, a snapshot goes on bit for bit, and no input breaks it.

use itom_core::anomaly::{Detector, Direction, Evidence, Verdict};
use itom_core::{ErrorKind, Timestamp};
use proptest::prelude::*;

const MINUTE: i64 = 60_000_000_000;

fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|value| value.to_bits()).collect()
}

/// Values as they come: ordinary ones, now and then something nasty.
fn any_value() -> impl Strategy<Value = f64> {
    prop_oneof![
        12 => -100.0..100.0,
        4 => (0_i32..4).prop_map(f64::from),
        1 => Just(f64::NAN),
        1 => prop_oneof![
            Just(f64::INFINITY), Just(f64::NEG_INFINITY), Just(1e308), Just(-1e308),
            Just(5e-324), Just(-0.0), any::<f64>(),
        ],
    ]
}

/// Steps between points: mostly a minute, sometimes none, backwards or a day.
fn any_step() -> impl Strategy<Value = i64> {
    prop_oneof![
        20 => Just(MINUTE), 1 => Just(0), 1 => Just(-MINUTE), 1 => Just(1440 * MINUTE),
        1 => any::<i64>(),
    ]
}

fn any_series() -> impl Strategy<Value = (Vec<i64>, Vec<f64>)> {
    prop::collection::vec((any_step(), any_value()), 0..300).prop_map(|points| {
        let mut clock = 0_i64;
        points
            .into_iter()
            .map(|(step, value)| {
                clock = clock.saturating_add(step).max(i64::MIN + 1);
                (clock, value)
            })
            .unzip()
    })
}

fn is_sane(verdict: &Verdict) -> bool {
    let share = |x: f64| (0.0..=1.0).contains(&x);
    let finite = |x: Option<f64>| x.is_none_or(f64::is_finite);
    share(verdict.score)
        && share(verdict.alert)
        && share(verdict.p_value)
        && verdict.p_value > 0.0
        && verdict.alert <= verdict.score
        && verdict.anomalous == (verdict.score >= 0.5)
        && finite(verdict.expected)
        && finite(verdict.lower)
        && finite(verdict.upper)
        && verdict.lower <= verdict.expected
        && verdict.expected <= verdict.upper
}

/// A service that starts idle: zeros first, then a steady level with hardly any noise. The first
/// ticks are news, however small: nothing says how much of a unit matters.
#[test]
fn a_series_that_began_idle_finds_its_magnitude() {
    for idle in [0_usize, 8, 9, 50] {
        let timestamps: Vec<i64> = (0..5000).map(|n| n * 60_000_000_000).collect();
        let tick = |n: usize| if (n * 7919).is_multiple_of(499) { 0.01 } else { 0.0 };
        let value = |n: usize| if n < idle { 0.0 } else { 100.0 + tick(n) };
        let values: Vec<f64> = (0..5000).map(value).collect();
        let alerts = Detector::new().alerts(&timestamps, &values).unwrap();
        let alarms = alerts[1000..].iter().filter(|&&alert| alert >= 0.5).count();
        assert!(alarms <= 4, "{alarms} alarms after {idle} idle points");
    }
}

proptest! {
    #[test]
    fn splits_snapshots_and_single_calls_give_the_same(
        (times, values) in any_series(), cut in 0_usize..300,
    ) {
        let cut = cut.min(times.len());
        let mut whole = Detector::new();
        let scores = whole.score(&times, &values).unwrap();
        let mut first = Detector::new();
        let mut parts = first.score(&times[..cut], &values[..cut]).unwrap();
        prop_assert_eq!(bits(&parts), bits(&scores[..cut]));
        let mut second = Detector::from_bytes(&first.to_bytes()).unwrap();
        prop_assert_eq!(&second, &first);
        parts.extend(second.score(&times[cut..], &values[cut..]).unwrap());
        prop_assert_eq!(bits(&parts), bits(&scores));
        prop_assert_eq!(second.to_bytes(), whole.to_bytes());

        let columns = Detector::new().verdicts(&times, &values).unwrap();
        let alerts = Detector::new().alerts(&times, &values).unwrap();
        let mut single = Detector::new();
        for (i, (&time, &value)) in times.iter().zip(&values).enumerate() {
            let verdict = single.update(Timestamp::from_nanos(time), value).unwrap();
            prop_assert_eq!(verdict.score.to_bits(), scores[i].to_bits());
            prop_assert_eq!(verdict.alert.to_bits(), alerts[i].to_bits());
            prop_assert_eq!(verdict.p_value.to_bits(), columns.p_value[i].to_bits());
            prop_assert_eq!(verdict.reason, columns.reason[i]);
        }
        prop_assert_eq!(single.to_bytes(), whole.to_bytes());
    }

    #[test]
    fn every_verdict_is_sane((times, values) in any_series()) {
        let mut detector = Detector::new();
        for (&time, &value) in times.iter().zip(&values) {
            let verdict = detector.update(Timestamp::from_nanos(time), value).unwrap();
            prop_assert!(is_sane(&verdict), "{verdict:?}");
        }
        let judged = detector.points() + detector.missing() + detector.late();
        prop_assert_eq!(judged, times.len() as u64);
    }

    #[test]
    fn unit_and_origin_hardly_matter(scale in -8_i32..8) {
        // Powers of two change no mantissa: the scores are the same to the last bit.
        let (times, values) = noisy(400, 3);
        let scaled: Vec<f64> = values.iter().map(|value| value * 2_f64.powi(scale)).collect();
        let a = Detector::new().score(&times, &values).unwrap();
        let b = Detector::new().score(&times, &scaled).unwrap();
        prop_assert_eq!(bits(&a), bits(&b));
    }
}

/// Noise around 50 from a small generator, one value every five minutes.
fn noisy(n: usize, seed: u64) -> (Vec<i64>, Vec<f64>) {
    let mut x = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut uniform = move || {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        (x >> 11) as f64 / (1_u64 << 53) as f64
    };
    let values = (0..n).map(|_| 50.0 + (0..12).map(|_| uniform()).sum::<f64>() - 6.0).collect();
    ((0..n as i64).map(|i| 5 * i * MINUTE).collect(), values)
}

#[test]
fn chances_are_about_true_on_noise() {
    let (times, values) = noisy(20_000, 11);
    let verdicts = Detector::new().verdicts(&times, &values).unwrap();
    let share = |p: f64| verdicts.p_value.iter().filter(|&&x| x <= p).count() as f64 / 20_000.0;
    for p in [0.1, 0.01, 0.001] {
        assert!(share(p) <= 3.0 * p, "p <= {p}: {}", share(p));
    }
    assert!(share(0.1) > 0.01, "{}", share(0.1));
    let alerts = verdicts.alert.iter().filter(|&&alert| alert >= 0.5).count();
    assert!(alerts <= 15, "{alerts} alerts in 70 days of noise: more than three a fortnight");
    let inside = (1000..20_000)
        .filter(|&i| verdicts.lower[i] <= values[i] && values[i] <= verdicts.upper[i])
        .count() as f64
        / 19_000.0;
    assert!((0.95..0.999).contains(&inside), "band holds {inside}");
}

#[test]
fn a_budget_is_kept_on_noise_and_on_trouble() {
    let (times, mut values) = noisy(20 * 2016, 12);
    let alarms = |values: &[f64], budget: f64| {
        let alerts = Detector::with_budget(budget).unwrap().alerts(&times, values).unwrap();
        alerts.iter().filter(|&&alert| alert >= 0.5).count() as f64 / 20.0
    };
    for budget in [0.5, 1.0, 4.0] {
        let given = alarms(&values, budget);
        assert!((0.6..1.5).contains(&(given / budget)), "{given} for {budget}");
    }
    values.iter_mut().step_by(300).for_each(|value| *value += 25.0);
    let given = alarms(&values, 1.0);
    assert!(given < 2.0, "{given} a week on a series with seven spikes a week");
}

#[test]
fn a_budget_goes_on_from_a_snapshot_and_a_wrong_one_is_refused() {
    let (times, values) = noisy(6000, 13);
    let mut whole = Detector::with_budget(3.0).unwrap();
    let alerts = whole.alerts(&times, &values).unwrap();
    let mut first = Detector::with_budget(3.0).unwrap();
    first.alerts(&times[..4000], &values[..4000]).unwrap();
    let mut second = Detector::from_bytes(&first.to_bytes()).unwrap();
    assert_eq!(second.alarms_per_week(), Some(3.0));
    let rest = second.alerts(&times[4000..], &values[4000..]).unwrap();
    assert_eq!(bits(&rest), bits(&alerts[4000..]));
    for budget in [0.0, -1.0, f64::NAN, f64::INFINITY, 700_000.0] {
        let error = Detector::with_budget(budget).unwrap_err();
        assert_eq!(error.argument(), Some("alarms_per_week"));
    }
}

#[test]
fn the_origin_does_not_matter() {
    let (times, values) = noisy(3000, 14);
    // Sixteenths, so that the sum is exact.
    let values: Vec<f64> = values.iter().map(|value| (value * 16.0).round() / 16.0).collect();
    let moved: Vec<f64> = values.iter().map(|value| value + 1e6).collect();
    let a = Detector::new().verdicts(&times, &values).unwrap();
    let b = Detector::new().verdicts(&times, &moved).unwrap();
    let far =
        |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(far(&a.score, &b.score) < 0.01, "{}", far(&a.score, &b.score));
    let alarms = |alert: &[f64]| alert.iter().filter(|&&alert| alert >= 0.5).count();
    assert_eq!(alarms(&a.alert), alarms(&b.alert));
}

#[test]
fn quiet_series_stay_quiet() {
    let n = 2000;
    let times: Vec<i64> = (0..n).map(|i| 5 * i * MINUTE).collect();
    let series: [(&str, Vec<f64>); 5] = [
        ("constant", vec![7.0; 2000]),
        ("zero", vec![0.0; 2000]),
        ("two values", (0..n).map(|i| f64::from(u8::from(i % 3 == 0))).collect()),
        ("counter", (0..n).map(|i| (i * 100) as f64).collect()),
        ("daily", (0..n).map(|i| ((i % 288) as f64 - 144.0).abs()).collect()),
    ];
    for (name, values) in series {
        let alerts = Detector::new().alerts(&times, &values).unwrap();
        // The first turn of a wave is news: only from the second day on is it known.
        let from = if name == "daily" { 288 } else { 0 };
        let at: Vec<usize> = (from..2000).filter(|&i| alerts[i] >= 0.5).collect();
        assert!(at.is_empty(), "{name}: alerts at {at:?}");
    }
}

#[test]
fn a_new_level_is_adopted_and_gives_one_alert() {
    let (times, mut values) = noisy(3000, 5);
    values[1000..].iter_mut().for_each(|value| *value += 30.0);
    let verdicts = Detector::new().verdicts(&times, &values).unwrap();
    assert!(verdicts.alert[1000] >= 0.5 && verdicts.anomalous[1001]);
    let later = verdicts.alert[1003..].iter().filter(|&&alert| alert >= 0.5).count();
    assert!(later <= 1, "{later} more alerts");
    assert!(verdicts.anomalous[2500..].iter().all(|&odd| !odd), "not adopted after 1500 points");
}

#[test]
fn worse_trouble_soon_after_is_not_swallowed() {
    let (times, mut values) = noisy(1200, 9);
    values[1000] += 15.0;
    values[1010] += 500.0;
    let alerts = Detector::new().alerts(&times, &values).unwrap();
    assert!(alerts[1000] >= 0.5 && alerts[1010] >= 0.5, "{:?}", &alerts[995..1015]);
}

#[test]
fn the_reason_fits() {
    let (times, values) = noisy(1000, 2);
    let mut detector = Detector::new();
    detector.score(&times, &values).unwrap();
    let verdict = detector.update(Timestamp::from_nanos(times[999] + 5 * MINUTE), 10.0).unwrap();
    assert_eq!((verdict.anomalous, verdict.direction), (true, Direction::Below));
    assert!(verdict.reason.times_usual > 10.0, "{}", verdict.reason);
}

#[test]
fn missing_and_late_points_leave_the_memory_alone() {
    let (times, values) = noisy(500, 4);
    let mut plain = Detector::new();
    plain.score(&times, &values).unwrap();
    let mut disturbed = Detector::new();
    disturbed.score(&times[..250], &values[..250]).unwrap();
    let late = disturbed.update(Timestamp::from_nanos(times[10]), 1e9).unwrap();
    assert_eq!((late.score, late.reason.evidence), (0.0, Evidence::Late));
    let missing = disturbed.update(Timestamp::from_nanos(times[249]), f64::NAN).unwrap();
    assert_eq!((missing.value, missing.reason.evidence), (None, Evidence::Missing));
    let a = disturbed.score(&times[250..], &values[250..]).unwrap();
    let b = Detector::new().score(&times, &values).unwrap();
    assert_eq!(bits(&a[1..]), bits(&b[251..]));
    assert_eq!((disturbed.late(), disturbed.missing()), (1, 1));
}

#[test]
fn a_clock_set_back_is_believed_in_the_end() {
    let (times, values) = noisy(200, 6);
    let mut detector = Detector::new();
    detector.update(Timestamp::MAX, 50.0).unwrap();
    let verdicts = detector.verdicts(&times, &values).unwrap();
    assert_eq!(detector.late(), 32);
    assert_eq!(verdicts.reason[31].evidence, Evidence::Late);
    assert_ne!(verdicts.reason[32].evidence, Evidence::Late);
    assert_eq!(detector.clock(), Some(Timestamp::from_nanos(times[199])));
}

#[test]
fn refused_arrays_change_nothing() {
    let mut detector = Detector::new();
    detector.score(&[0, MINUTE], &[1.0, 2.0]).unwrap();
    let before = detector.to_bytes();
    let error = detector.score(&[2 * MINUTE], &[1.0, 2.0]).unwrap_err();
    assert_eq!((error.kind(), error.argument()), (ErrorKind::InvalidArgument, Some("values")));
    let error = detector.alerts(&[2 * MINUTE, i64::MIN], &[1.0, 2.0]).unwrap_err();
    assert_eq!(error.argument(), Some("timestamps"));
    assert_eq!(detector.to_bytes(), before);
}

#[test]
fn snapshots_are_small_whatever_the_length() {
    let (times, values) = noisy(20_000, 8);
    let mut detector = Detector::new();
    detector.score(&times, &values).unwrap();
    assert!(detector.to_bytes().len() < 16 * 1024, "{}", detector.to_bytes().len());
}
