//! YAML under a budget: size, nodes, depth, aliases and what they expand to are bounded, duplicate
//! keys are refused. So a hostile text costs no more than a large honest one.

use serde::de::DeserializeOwned;
use serde_saphyr::DuplicateKeyPolicy;

use crate::{Error, ErrorKind, Result};

/// The longest text that is read.
const MOST_BYTES: usize = 64 << 20;
const MOST_DOCUMENTS: usize = 100_000;
const MOST_NODES: usize = 5_000_000;
const MOST_DEPTH: usize = 64;
const MOST_ALIASES: usize = 1000;
const MOST_REPLAYED: usize = 100_000;
const LONGEST_MESSAGE: usize = 300;

/// The documents of a text. Empty ones are none.
pub(super) fn documents<T: DeserializeOwned>(text: &str) -> Result<Vec<T>> {
    if text.len() > MOST_BYTES {
        let message = format!("text must be at most {MOST_BYTES} bytes long, got {}", text.len());
        return Err(Error::new(ErrorKind::LimitExceeded, message).about("text"));
    }
    let mut options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_documents: MOST_DOCUMENTS,
            max_nodes: MOST_NODES,
            max_events: 3 * MOST_NODES,
            max_depth: MOST_DEPTH,
            flow_nesting_limit: MOST_DEPTH,
            max_aliases: MOST_ALIASES,
            max_anchors: MOST_ALIASES,
            max_merge_keys: MOST_ALIASES,
            max_recorded_anchor_events: MOST_REPLAYED,
            max_total_scalar_bytes: MOST_BYTES,
        },
        duplicate_keys: DuplicateKeyPolicy::Error,
        strict_booleans: true,
        with_snippet: false,
    };
    options.alias_limits.max_total_replayed_events = MOST_REPLAYED;
    options.alias_limits.max_replay_stack_depth = MOST_DEPTH;
    serde_saphyr::from_multiple_with_options(text, options).map_err(|error| refused(&error))
}

fn refused(error: &serde_saphyr::Error) -> Error {
    let kind = match error.without_snippet() {
        serde_saphyr::Error::Budget { .. }
        | serde_saphyr::Error::AliasReplayLimitExceeded { .. }
        | serde_saphyr::Error::AliasReplayStackDepthExceeded { .. }
        | serde_saphyr::Error::AliasExpansionLimitExceeded { .. } => ErrorKind::LimitExceeded,
        _ => ErrorKind::InvalidArgument,
    };
    let mut said: String = error.to_string().chars().take(LONGEST_MESSAGE + 1).collect();
    if said.chars().count() > LONGEST_MESSAGE {
        said.pop();
        said.push('…');
    }
    let place = error.location().map_or(String::new(), |place| {
        format!("line {}, column {}: ", place.line(), place.column())
    });
    let message = format!("{place}text is not YAML that can be read: {said}");
    Error::new(kind, message).about("text")
}
