//! Kubernetes object lists: what `kubectl get … -o json` or `-o yaml` prints.
//!
//! An item is an object of a known kind. Its id is its `uid`, which no two objects of any cluster
//! share; its class and attributes are those of OpenTelemetry's semantic conventions (`k8s.pod`,
//! `k8s.pod.uid`, `k8s.namespace.name`). What depends on what:
//!
//! - a pod `runs_on` its node and `depends_on` its persistent volume claims, a claim on its volume;
//! - a ReplicaSet, StatefulSet, DaemonSet `depends_on` its pods, a Deployment on its ReplicaSets, a
//!   Service on the pods it selects or that its EndpointSlices name: each as one group that needs
//!   `min_up` of its members;
//! - an Ingress `depends_on` each Service it routes to;
//! - other owned objects (a Job of a CronJob, a ReplicaSet without pods) are `part_of` their owner.
//!
//! `min_up` comes from the PodDisruptionBudget that covers the whole group: `minAvailable`, or what
//! `maxUnavailable` leaves, as a count or in percent, rounded up as the disruption controller does. It
//! is never less than 1 nor more than the pods there are; without a budget it is 1. Pods that ended
//! (`Succeeded`, `Failed`) are no members. Not read: what a pod mounts besides claims, network policies,
//! kinds of custom resources; they are counted in the warnings.

use hashbrown::HashMap;

use super::draft::Draft;
use super::selector::Pods;
use super::tree::{self, Tree};
use crate::cmdb::Import;
use crate::{Error, Result};

/// Kind, class.
const KINDS: &[(&str, &str)] = &[
    ("CronJob", "k8s.cronjob"),
    ("DaemonSet", "k8s.daemonset"),
    ("Deployment", "k8s.deployment"),
    ("Ingress", "k8s.ingress"),
    ("Job", "k8s.job"),
    ("Namespace", "k8s.namespace"),
    ("Node", "k8s.node"),
    ("PersistentVolume", "k8s.persistentvolume"),
    ("PersistentVolumeClaim", "k8s.persistentvolumeclaim"),
    ("Pod", "k8s.pod"),
    ("ReplicaSet", "k8s.replicaset"),
    ("Service", "k8s.service"),
    ("StatefulSet", "k8s.statefulset"),
    ("StorageClass", "k8s.storageclass"),
];

/// Attribute, where it stands in an object of that kind.
const ATTRIBUTES: &[(&str, &str, &str)] = &[
    ("DaemonSet", "desired", "status/desiredNumberScheduled"),
    ("Deployment", "replicas", "spec/replicas"),
    ("Node", "host.id", "status/nodeInfo/systemUUID"),
    ("Node", "k8s.node.provider_id", "spec/providerID"),
    ("Node", "kubelet_version", "status/nodeInfo/kubeletVersion"),
    ("Node", "os.description", "status/nodeInfo/osImage"),
    ("PersistentVolume", "storage_class", "spec/storageClassName"),
    ("PersistentVolume", "capacity", "spec/capacity/storage"),
    ("PersistentVolumeClaim", "storage_class", "spec/storageClassName"),
    ("PersistentVolumeClaim", "phase", "status/phase"),
    ("Pod", "k8s.node.name", "spec/nodeName"),
    ("Pod", "phase", "status/phase"),
    ("Pod", "ip_address", "status/podIP"),
    ("ReplicaSet", "replicas", "spec/replicas"),
    ("Service", "cluster_ip", "spec/clusterIP"),
    ("Service", "type", "spec/type"),
    ("StatefulSet", "replicas", "spec/replicas"),
    ("StorageClass", "provisioner", "provisioner"),
];

/// Reads the objects of a cluster.
///
/// ```
/// use itom_core::formats::read_kubernetes;
///
/// let import = read_kubernetes(r#"{"kind": "List", "items": [
///     {"kind": "Node", "metadata": {"name": "n1", "uid": "u-node"}},
///     {"kind": "Pod", "metadata": {"name": "web", "namespace": "shop", "uid": "u-pod", "labels": {"app": "web"}},
///      "spec": {"nodeName": "n1"}},
///     {"kind": "Service", "metadata": {"name": "web", "namespace": "shop", "uid": "u-svc"},
///      "spec": {"selector": {"app": "web"}}}
/// ]}"#)?;
/// assert_eq!(import.records[1].attributes["k8s.pod.name"], "web".into());
/// assert_eq!(import.relations.len(), 2);
/// assert_eq!(import.relations[1].min_up, Some(1));
/// # Ok::<(), itom_core::Error>(())
/// ```
///
/// # Errors
/// The text is neither JSON nor YAML, or an object in it is not of its kind's shape; with its place.
pub fn read_kubernetes(text: &str) -> Result<Import> {
    let documents = tree::documents(text)?;
    let mut objects = Vec::new();
    for document in &documents {
        collect(document, None, &mut objects, 0).map_err(|error| error.about("text"))?;
    }
    let mut cluster = Cluster::default();
    for (number, (kind, object)) in objects.iter().enumerate() {
        let place = |error: Error| error.within(place(number, kind, object)).about("text");
        cluster.add(kind, object).map_err(place)?;
    }
    for (number, (kind, object)) in objects.iter().enumerate() {
        let place = |error: Error| error.within(place(number, kind, object)).about("text");
        cluster.connect(kind, object).map_err(place)?;
    }
    cluster.groups()?;
    let known = |kind: &str| {
        matches!(kind, "PodDisruptionBudget" | "EndpointSlice")
            || KINDS.iter().any(|(own, _)| *own == kind)
    };
    cluster.draft.left_out(objects.iter().map(|(kind, _)| *kind).filter(|kind| !known(kind)));
    Ok(cluster.draft.finish())
}

fn place(number: usize, kind: &str, object: &Tree) -> String {
    let name = object.at("metadata/name").and_then(Tree::as_text).unwrap_or("?");
    format!("object {number}, {kind} {name}")
}

/// The objects of a document, lists taken apart. In a list `PodList` an object need not say that it
/// is a `Pod`.
fn collect<'a>(
    document: &'a Tree,
    listed: Option<&'a str>,
    objects: &mut Vec<(&'a str, &'a Tree)>,
    depth: usize,
) -> Result<()> {
    const DEEPEST: usize = 8;
    if let Tree::List(list) = document
        && depth < DEEPEST
    {
        return list.iter().try_for_each(|one| collect(one, listed, objects, depth + 1));
    }
    if *document == Tree::Null {
        return Ok(());
    }
    document.entries()?;
    let kind = match (document.text("kind")?, listed) {
        (Some(kind), _) | (None, Some(kind)) => kind,
        (None, None) => return Err(Error::invalid("kind", "nothing", "given")),
    };
    match kind.strip_suffix("List") {
        Some(of) if document.get("items").is_some() && depth < DEEPEST => {
            let of = Some(of).filter(|of| !of.is_empty());
            document.list("items")?.iter().try_for_each(|one| collect(one, of, objects, depth + 1))
        }
        _ => {
            objects.push((kind, document));
            Ok(())
        }
    }
}

/// A budget: how many of which pods have to be up.
struct Budget {
    pods: Vec<u32>,
    min_up: u32,
}

#[derive(Default)]
struct Cluster<'a> {
    draft: Draft,
    /// Kind, namespace, name → item.
    by_name: HashMap<(&'a str, &'a str, &'a str), u32>,
    pods: Pods<'a>,
    ended: hashbrown::HashSet<u32>,
    budgets: Vec<Budget>,
    /// The pods of a workload or service, in the order in which they were found.
    members: Vec<(u32, &'static str, Vec<u32>)>,
    group_of: HashMap<(u32, &'static str), usize>,
}

impl<'a> Cluster<'a> {
    fn add(&mut self, kind: &'a str, object: &'a Tree) -> Result<()> {
        let Some((_, class)) = KINDS.iter().find(|(own, _)| *own == kind) else { return Ok(()) };
        let name = object.need_text("metadata/name")?;
        let namespace = object.text("metadata/namespace")?.unwrap_or("");
        let id = match object.text("metadata/uid")? {
            Some(uid) if !uid.is_empty() => uid.to_owned(),
            _ => format!("{class}:{namespace}/{name}"),
        };
        let item = self.draft.new_item(&id, class)?;
        self.by_name.insert((kind, namespace, name), item);
        self.draft.set(item, "name", name);
        self.draft.set(item, &format!("{class}.name"), name);
        self.draft.take(item, &format!("{class}.uid"), object.at("metadata/uid"));
        if kind != "Namespace" {
            self.draft.set(item, "k8s.namespace.name", namespace);
        }
        let labels = object.map("metadata/labels")?;
        self.draft.pairs(item, "labels", labels);
        for (_, attribute, path) in ATTRIBUTES.iter().filter(|(own, _, _)| *own == kind) {
            self.draft.take(item, attribute, object.at(path));
        }
        if kind == "Pod" {
            self.pods.add(item, namespace, labels);
            if matches!(object.text("status/phase")?, Some("Succeeded" | "Failed")) {
                self.ended.insert(item);
            }
        }
        Ok(())
    }

    fn connect(&mut self, kind: &'a str, object: &'a Tree) -> Result<()> {
        let namespace = object.text("metadata/namespace")?.unwrap_or("");
        match kind {
            "PodDisruptionBudget" => return self.budget(namespace, object),
            "EndpointSlice" => return self.endpoints(namespace, object),
            _ => {}
        }
        let name = object.text("metadata/name")?.unwrap_or("");
        let Some(&item) = self.by_name.get(&(kind, namespace, name)) else { return Ok(()) };
        self.owners(item, kind, object)?;
        match kind {
            "Pod" => self.pod(item, namespace, object),
            "Service" => match object.map("spec/selector")? {
                [] => Ok(()),
                labels => {
                    let pods = self.pods.with_labels(namespace, labels)?;
                    self.join(item, "pods", pods)
                }
            },
            "Ingress" => self.ingress(item, namespace, object),
            "PersistentVolumeClaim" => {
                let volume = object.text("spec/volumeName")?.unwrap_or("");
                self.to(item, "depends_on", ("PersistentVolume", "", volume))
            }
            _ => Ok(()),
        }
    }

    /// A dependency on a named object, if that is in the document.
    fn to(&mut self, item: u32, kind: &'static str, name: (&str, &str, &str)) -> Result<()> {
        match self.by_name.get(&name) {
            Some(&target) => self.draft.relate(item, kind, target),
            None if name.2.is_empty() => Ok(()),
            None => {
                let id = self.draft.id(item).to_owned();
                self.draft.warn(format!("{id}: {} {} is not in the text", name.0, name.2));
                Ok(())
            }
        }
    }

    fn join(&mut self, item: u32, group: &'static str, members: Vec<u32>) -> Result<()> {
        let next = self.members.len();
        let at = *self.group_of.entry((item, group)).or_insert(next);
        if at == next {
            self.members.push((item, group, members));
        } else {
            self.members[at].2.extend(members);
        }
        Ok(())
    }

    fn owners(&mut self, item: u32, kind: &str, object: &Tree) -> Result<()> {
        for owner in object.list("metadata/ownerReferences")? {
            let uid = owner.need_text("uid")?;
            let Some(owner) = self.draft.find(uid) else { continue };
            let has_replicas = object.at("spec/replicas") != Some(&Tree::Int(0));
            match (kind, self.draft.class(owner)) {
                ("Pod", "k8s.replicaset" | "k8s.statefulset" | "k8s.daemonset") => {
                    self.join(owner, "pods", vec![item])?;
                }
                ("ReplicaSet", "k8s.deployment") if has_replicas => {
                    self.join(owner, "replicasets", vec![item])?;
                }
                _ => self.draft.relate(item, "part_of", owner)?,
            }
        }
        Ok(())
    }

    fn pod(&mut self, item: u32, namespace: &str, pod: &Tree) -> Result<()> {
        let node = pod.text("spec/nodeName")?.unwrap_or("");
        self.to(item, "runs_on", ("Node", "", node))?;
        for volume in pod.list("spec/volumes")? {
            let claim = volume.text("persistentVolumeClaim/claimName")?.unwrap_or("");
            self.to(item, "depends_on", ("PersistentVolumeClaim", namespace, claim))?;
        }
        Ok(())
    }

    fn ingress(&mut self, item: u32, namespace: &str, ingress: &Tree) -> Result<()> {
        let mut backends: Vec<&Tree> = ingress.at("spec/defaultBackend").into_iter().collect();
        for rule in ingress.list("spec/rules")? {
            backends.extend(rule.list("http/paths")?.iter().filter_map(|path| path.get("backend")));
        }
        for backend in backends {
            // `serviceName` is what `extensions/v1beta1` called it.
            let name = match backend.text("service/name")? {
                Some(name) => name,
                None => backend.text("serviceName")?.unwrap_or(""),
            };
            self.to(item, "depends_on", ("Service", namespace, name))?;
        }
        Ok(())
    }

    fn endpoints(&mut self, namespace: &str, slice: &Tree) -> Result<()> {
        let service = slice.map("metadata/labels")?;
        let service = service.iter().find(|(key, _)| key == "kubernetes.io/service-name");
        let Some(service) = service.and_then(|(_, name)| name.as_text()) else { return Ok(()) };
        let Some(&service) = self.by_name.get(&("Service", namespace, service)) else {
            return Ok(());
        };
        let mut pods = Vec::new();
        for endpoint in slice.list("endpoints")? {
            if endpoint.text("targetRef/kind")? != Some("Pod") {
                continue;
            }
            let name = endpoint.text("targetRef/name")?.unwrap_or("");
            pods.extend(self.by_name.get(&("Pod", namespace, name)));
        }
        self.join(service, "pods", pods)
    }

    fn budget(&mut self, namespace: &str, budget: &Tree) -> Result<()> {
        let Some(selector) = budget.at("spec/selector") else { return Ok(()) };
        let mut pods = self.pods.selected(namespace, selector)?;
        pods.retain(|pod| !self.ended.contains(pod));
        // The controller counts the pods that should be there, also those that are not.
        let expected = match budget.at("status/expectedPods") {
            Some(Tree::Int(expected)) if (0..=1 << 20).contains(expected) => *expected as u32,
            _ => pods.len() as u32,
        };
        let available = amount(budget, "spec/minAvailable", expected)?;
        let unavailable = amount(budget, "spec/maxUnavailable", expected)?;
        let min_up = match (available, unavailable) {
            (Some(min_up), _) => min_up,
            (None, Some(lost)) => expected.saturating_sub(lost),
            (None, None) => 1,
        };
        pods.sort_unstable();
        self.budgets.push(Budget { pods, min_up });
        Ok(())
    }

    /// Makes the relations of every group, with what the budgets say of it.
    fn groups(&mut self) -> Result<()> {
        for (item, group, mut members) in std::mem::take(&mut self.members) {
            members.retain(|member| !self.ended.contains(member));
            members.sort_unstable();
            members.dedup();
            let whole = |budget: &&Budget| {
                members.iter().all(|member| budget.pods.binary_search(member).is_ok())
            };
            let needed = self.budgets.iter().filter(whole).map(|budget| {
                // Pods of the budget outside of this group may be up while those in it are not.
                let others = (budget.pods.len() - members.len()) as u32;
                budget.min_up.saturating_sub(others)
            });
            let needed = if group == "pods" { needed.max().unwrap_or(1) } else { 1 };
            let min_up = needed.max(1).min(members.len() as u32);
            if needed > min_up {
                let id = self.draft.id(item).to_owned();
                let count = members.len();
                self.draft.warn(format!("{id}: needs {needed} pods and has {count}"));
            }
            self.draft.group((item, "depends_on", group), &members, min_up)?;
        }
        Ok(())
    }
}

/// A count, or a share of `expected` in percent, rounded up.
fn amount(budget: &Tree, path: &str, expected: u32) -> Result<Option<u32>> {
    let wrong = |tree: &Tree| tree.fault(path, "a count, or a share such as \"50%\"");
    match budget.at(path) {
        None => Ok(None),
        Some(Tree::Int(count)) if (0..=1 << 20).contains(count) => Ok(Some(*count as u32)),
        Some(tree @ Tree::Text(text)) => {
            let share = text.strip_suffix('%').and_then(|share| share.parse::<u64>().ok());
            let share = share.filter(|share| *share <= 100).ok_or_else(|| wrong(tree))?;
            Ok(Some((share * u64::from(expected)).div_ceil(100) as u32))
        }
        Some(other) => Err(wrong(other)),
    }
}
