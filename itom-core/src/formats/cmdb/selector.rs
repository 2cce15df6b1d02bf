//! Label selectors of Kubernetes: which pods a service, a budget or a workload means.
//!
//! Source: the API reference, `LabelSelector`. Pods are found through an index by label, so that a
//! selector costs what its rarest label costs, not the size of the cluster.

use std::cell::Cell;

use hashbrown::HashMap;

use super::tree::Tree;
use crate::{Error, ErrorKind, Result};

/// How many pods the selectors of one document may look at, all together.
const MOST_LOOKS: usize = 100_000_000;

/// The labels of pods, by namespace.
#[derive(Default)]
pub(super) struct Pods<'a> {
    labels: HashMap<u32, &'a [(String, Tree)]>,
    by_label: HashMap<(&'a str, &'a str, &'a str), Vec<u32>>,
    by_namespace: HashMap<&'a str, Vec<u32>>,
    looks: Cell<usize>,
}

impl<'a> Pods<'a> {
    pub(super) fn add(&mut self, pod: u32, namespace: &'a str, labels: &'a [(String, Tree)]) {
        self.labels.insert(pod, labels);
        self.by_namespace.entry(namespace).or_default().push(pod);
        for (key, value) in labels {
            if let Tree::Text(value) = value {
                self.by_label.entry((namespace, key, value)).or_default().push(pod);
            }
        }
    }

    /// The pods with all of these labels, in the order of the document.
    pub(super) fn with_labels(
        &self,
        namespace: &str,
        labels: &[(String, Tree)],
    ) -> Result<Vec<u32>> {
        let texts = labels.iter().map(|(key, value)| (key.as_str(), value.as_text()));
        let lists: Option<Vec<&Vec<u32>>> =
            texts.map(|(key, value)| self.by_label.get(&(namespace, key, value?))).collect();
        let Some(lists) = lists else { return Ok(Vec::new()) };
        let Some(fewest) = lists.iter().min_by_key(|list| list.len()) else {
            return Ok(Vec::new());
        };
        let has_all =
            |pod: &u32| labels.iter().all(|(key, value)| self.value(*pod, key) == Some(value));
        self.look(fewest.len())?;
        Ok(fewest.iter().copied().filter(has_all).collect())
    }

    fn look(&self, pods: usize) -> Result<()> {
        self.looks.set(self.looks.get() + pods);
        if self.looks.get() <= MOST_LOOKS {
            return Ok(());
        }
        let message = "selectors must not look at more than 100 million pods all together";
        Err(Error::new(ErrorKind::LimitExceeded, message))
    }

    /// The pods a `LabelSelector` means; an empty one means all of the namespace.
    pub(super) fn selected(&self, namespace: &str, selector: &Tree) -> Result<Vec<u32>> {
        let labels = selector.map("matchLabels")?;
        let mut pods = match labels {
            [] => self.by_namespace.get(namespace).cloned().unwrap_or_default(),
            labels => self.with_labels(namespace, labels)?,
        };
        self.look(pods.len())?;
        for expression in selector.list("matchExpressions")? {
            self.look(pods.len())?;
            let key = expression.need_text("key")?;
            let values = expression.list("values")?;
            let operator = expression.need_text("operator")?;
            let holds: fn(Option<&Tree>, &[Tree]) -> bool = match operator {
                "In" => |own, values| own.is_some_and(|own| values.contains(own)),
                "NotIn" => |own, values| own.is_none_or(|own| !values.contains(own)),
                "Exists" => |own, _| own.is_some(),
                "DoesNotExist" => |own, _| own.is_none(),
                other => {
                    let known = "In, NotIn, Exists or DoesNotExist";
                    return Err(Error::invalid("operator", format!("{other:?}"), known));
                }
            };
            pods.retain(|&pod| holds(self.value(pod, key), values));
        }
        Ok(pods)
    }

    fn value(&self, pod: u32, key: &str) -> Option<&Tree> {
        self.labels.get(&pod)?.iter().find(|(own, _)| own == key).map(|(_, value)| value)
    }
}
