//! The CMDB's view as the topology the correlator asks for.

use crate::cmdb::View;
use crate::event::Topology;

/// A [`View`] answering what an item depends on and what depends on it; of an item that the CMDB
/// does not know, nothing is known.
#[derive(Debug)]
pub(super) struct ViewTopology<'a>(pub(super) &'a View);

impl Topology for ViewTopology<'_> {
    fn providers(&self, item: &str) -> Vec<String> {
        self.0.providers(item).unwrap_or_default().into_iter().map(str::to_owned).collect()
    }

    fn consumers(&self, item: &str) -> Vec<String> {
        self.0.consumers(item).unwrap_or_default().into_iter().map(str::to_owned).collect()
    }
}
