//! The state of a detector as version 1 of the snapshot wrote it.
//!
//! Of it the levels, their usual deviations and the seasons go on; the memory of what was seen,
//! which version 1 did not have, begins empty, so that for its first points the detector raises no
//! alarm.

use serde::Deserialize;

use super::channel::Scale;
use super::season::Profile;
use super::state::State;
use crate::Timestamp;

/// What is taken over; the rest is not read.
#[derive(Debug, Deserialize)]
pub(super) struct StateV1 {
    clock: Option<Timestamp>,
    points: u64,
    missing: u64,
    late: u64,
    step_s: f64,
    previous: f64,
    level: f64,
    recent: f64,
    magnitude: f64,
    /// Level, change, recent level, and others.
    channels: Vec<ChannelV1>,
    day: ProfileV1,
    week: ProfileV1,
}

#[derive(Debug, Deserialize)]
struct ChannelV1 {
    scale: f64,
    seen: f64,
}

#[derive(Debug, Deserialize)]
struct ProfileV1 {
    means: Vec<f64>,
    visits: Vec<u16>,
    slot: u32,
}

impl From<StateV1> for State {
    fn from(old: StateV1) -> State {
        let mut state = State::new();
        let scale = |k: usize| {
            let channel = old.channels.get(k);
            channel.map_or_else(Scale::default, |c| Scale::resumed(c.scale, c.seen as u32))
        };
        (state.clock, state.points) = (old.clock, old.points);
        (state.missing, state.late, state.step_s) = (old.missing, old.late, old.step_s);
        (state.previous, state.level, state.recent) = (old.previous, old.level, old.recent);
        (state.last, state.mean, state.magnitude) = (old.recent, old.level, old.magnitude);
        (state.level_scale, state.change_scale, state.recent_scale) =
            (scale(0), scale(1), scale(2));
        state.spread = state.level_scale.size();
        state.restless = state.change_scale.size();
        state.seasons.day = resumed(old.day);
        state.seasons.day_scale = scale(5);
        state.seasons.week = resumed(old.week);
        state.seasons.week_scale = scale(7);
        state
    }
}

fn resumed(old: ProfileV1) -> Profile {
    let visits = old.visits.iter().map(|&visits| visits.min(255) as u8).collect();
    Profile::resumed(&old.means, visits, old.slot)
}
