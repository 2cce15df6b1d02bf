//! A snapshot of any content in an envelope whose length and checksum are right: refused, or an
//! engine that can be asked and written again.
#![no_main]

use itom_core::anomaly::Detector;
use itom_core::cmdb::Cmdb;
use itom_core::event::{Correlator, DependencyLearner, TemplateMiner};
use itom_core::operations::Operations;
use itom_core::sla::{Agreements, BreachForecast, Clock, Ledger, Objective};
use itom_core::snapshot::stable_hash;
use itom_core::{Result, Timestamp};
use libfuzzer_sys::fuzz_target;

/// What an engine is asked that came back.
const AT: Timestamp = Timestamp::from_secs(1_781_517_600);

/// The bytes with the length and the checksum they should have; see `itom_core::snapshot`.
fn repaired(bytes: &[u8]) -> Option<Vec<u8>> {
    let (body, _) = bytes.split_last_chunk::<8>()?;
    let mut sound = body.to_vec();
    let length = 4 + 2 + 1 + usize::from(*body.get(6)?) + 2 + 8 + 8;
    let state = body.len().checked_sub(length + 8)? as u64;
    sound[length..length + 8].copy_from_slice(&state.to_le_bytes());
    let checksum = stable_hash(&sound);
    sound.extend_from_slice(&checksum.to_le_bytes());
    Some(sound)
}

fn clock(bytes: &[u8]) -> Result<()> {
    let clock = Clock::from_bytes(bytes)?;
    clock.status(AT);
    Clock::from_bytes(&clock.to_bytes()).map(drop)
}

fn objective(bytes: &[u8]) -> Result<()> {
    let objective = Objective::from_bytes(bytes)?;
    drop(objective.status(AT));
    Objective::from_bytes(&objective.to_bytes()).map(drop)
}

fn detector(bytes: &[u8]) -> Result<()> {
    let mut detector = Detector::from_bytes(bytes)?;
    drop(detector.update(AT, 1.0));
    Detector::from_bytes(&detector.to_bytes()).map(drop)
}

fn ledger(bytes: &[u8]) -> Result<()> {
    let mut ledger = Ledger::from_bytes(bytes)?;
    drop(ledger.advance(AT));
    for clock in 0..ledger.len().min(100) as u32 {
        ledger.status(clock, AT)?;
    }
    Ledger::from_bytes(&ledger.to_bytes()).map(drop)
}

fn agreements(bytes: &[u8]) -> Result<()> {
    let mut agreements = Agreements::from_bytes(bytes)?;
    drop(agreements.advance(AT));
    agreements.statuses(AT)?;
    Agreements::from_bytes(&agreements.to_bytes()).map(drop)
}

fn learner(bytes: &[u8]) -> Result<()> {
    let mut learner = DependencyLearner::from_bytes(bytes)?;
    learner.add(&["los".to_owned()], &["a".to_owned()], &[AT])?;
    learner.learned(&[("a".to_owned(), "b".to_owned())])?;
    DependencyLearner::from_bytes(&learner.to_bytes()).map(drop)
}

fn forecast(bytes: &[u8]) -> Result<()> {
    let forecast = BreachForecast::from_bytes(bytes)?;
    BreachForecast::from_bytes(&forecast.to_bytes()).map(drop)
}

fn templates(bytes: &[u8]) -> Result<()> {
    let mut miner = TemplateMiner::from_bytes(bytes)?;
    miner.add(b"job 17 at 10.0.0.7 done");
    drop(miner.advance(AT));
    drop(miner.templates());
    TemplateMiner::from_bytes(&miner.to_bytes()).map(drop)
}

fuzz_target!(|bytes: &[u8]| {
    let Some(bytes) = repaired(bytes) else { return };
    // Refused is fine: each engine refuses those of the others to begin with.
    for restore in [clock, objective, detector, ledger, agreements, forecast, learner, templates] {
        drop(restore(&bytes));
    }
    drop(Correlator::from_bytes(&bytes).map(|correlator| correlator.to_bytes()));
    drop(Cmdb::from_bytes(&bytes).map(|cmdb| cmdb.to_bytes()));
    drop(Operations::from_bytes(&bytes).map(|operations| operations.to_bytes()));
});
