//! YAML under a budget: size, nodes, depth, aliases and what they expand to are bounded, duplicate
//! keys are refused. So a hostile text costs no more than a large honest one.

use serde::de::DeserializeOwned;
use serde_saphyr::DuplicateKeyPolicy;

use crate::{Error, ErrorKind, Result};

const MOST_ALIASES: usize = 1000;
const MOST_REPLAYED: usize = 100_000;
const LONGEST_MESSAGE: usize = 300;

/// How large a text may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) bytes: usize,
    pub(super) documents: usize,
    pub(super) nodes: usize,
    pub(super) depth: usize,
}

/// The documents of a text. Empty ones are none.
pub(super) fn documents<T: DeserializeOwned>(text: &str, limits: Limits) -> Result<Vec<T>> {
    let most = limits.bytes;
    if text.len() > most {
        let message = format!("text must be at most {most} bytes long, got {}", text.len());
        return Err(Error::new(ErrorKind::LimitExceeded, message).about("text"));
    }
    let mut options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_documents: limits.documents,
            max_nodes: limits.nodes,
            max_events: 3 * limits.nodes,
            max_depth: limits.depth,
            flow_nesting_limit: limits.depth,
            max_aliases: MOST_ALIASES,
            max_anchors: MOST_ALIASES,
            max_merge_keys: MOST_ALIASES,
            max_recorded_anchor_events: MOST_REPLAYED,
            max_total_scalar_bytes: limits.bytes,
        },
        duplicate_keys: DuplicateKeyPolicy::Error,
        strict_booleans: true,
        with_snippet: false,
    };
    options.alias_limits.max_total_replayed_events = MOST_REPLAYED;
    options.alias_limits.max_replay_stack_depth = limits.depth;
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
    // A message may quote the text, however long.
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
