//! Ready-made models.
//!
//! A pack is a document in the language of [`ModelDefinition`], in the folder of this module. All
//! of them build on `operations`, so that a server, a pod and a machine of a cloud are hosts,
//! containers and virtual machines to whoever asks, and any of them go together
//! ([`ModelDefinition::packs`]).
//!
//! | pack | what is in it | names after |
//! |---|---|---|
//! | `operations` | services, applications, databases, machines, networks | – |
//! | `otel` | entities of telemetry; what identifies an entity identifies the item | OpenTelemetry semantic conventions |
//! | `kubernetes` | objects of a cluster, by uid or by cluster, namespace and name | Kubernetes and OpenTelemetry |
//! | `csdm` | capabilities, business applications and services, offerings, service instances | CSDM 5 |
//! | `datacenter` | sites, racks, devices, power | NetBox |
//! | `network` | network devices, interfaces, cables, addresses, prefixes, circuits; with `datacenter` | NetBox |
//! | `aws` | resources, by ARN | types of AWS Config in lower case |
//! | `azure` | resources, by resource id | types of Azure Resource Manager |
//! | `gcp` | resources, by self link or full name | types of Cloud Asset Inventory |
//! | `backstage` | components, systems, APIs, resources, domains, groups | Backstage |
//!
//! Classes whose items come from elsewhere are open: what a source says beyond what the pack
//! defines is kept. Only what is listed is there; no pack is a whole taxonomy.

use super::ModelDefinition;
use crate::{Error, Result};

/// Name, the documents it is made of.
const PACKS: &[(&str, &[&str])] = &[
    ("aws", &[OPERATIONS, include_str!("aws.json")]),
    ("azure", &[OPERATIONS, include_str!("azure.json")]),
    ("backstage", &[OPERATIONS, include_str!("backstage.json")]),
    ("csdm", &[OPERATIONS, include_str!("csdm.json")]),
    ("datacenter", &[OPERATIONS, DATACENTER]),
    ("gcp", &[OPERATIONS, include_str!("gcp.json")]),
    ("kubernetes", &[OPERATIONS, KUBERNETES]),
    ("network", &[OPERATIONS, DATACENTER, include_str!("network.json")]),
    ("operations", &[OPERATIONS]),
    ("otel", &[OPERATIONS, KUBERNETES, include_str!("otel.json")]),
];

const OPERATIONS: &str = include_str!("operations.json");
const DATACENTER: &str = include_str!("datacenter.json");
const KUBERNETES: &str = include_str!("kubernetes.json");

impl ModelDefinition {
    /// A small model for operations: services, applications, functions, databases, queues,
    /// gateways, storage, machines, networks, all below `configuration_item`; and the usual kinds
    /// of relations. A start to extend, not a taxonomy.
    ///
    /// ```
    /// use itom_core::cmdb::{Cmdb, ModelDefinition};
    ///
    /// let model = ModelDefinition::operations();
    /// assert_eq!(model.classes["function"].extends.as_deref(), Some("application"));
    /// assert_eq!(model.relations["runs_on"].inverse.as_deref(), Some("runs"));
    /// let db = Cmdb::new(model)?;
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    pub fn operations() -> Self {
        crate::read_json(OPERATIONS, "pack").expect("the pack is well formed: a test reads it")
    }

    /// The names of the ready-made models, sorted.
    ///
    /// ```
    /// use itom_core::cmdb::ModelDefinition;
    /// assert!(ModelDefinition::pack_names().any(|name| name == "kubernetes"));
    /// ```
    pub fn pack_names() -> impl Iterator<Item = &'static str> {
        PACKS.iter().map(|(name, _)| *name)
    }

    /// A ready-made model, or several joined by `+`.
    ///
    /// ```
    /// use itom_core::cmdb::ModelDefinition;
    ///
    /// let model = ModelDefinition::pack("otel")?;
    /// let pod = &model.classes["k8s.pod"];
    /// assert_eq!(pod.identification[0].attributes, ["k8s.pod.uid"]);
    /// assert!(ModelDefinition::pack("otel+csdm")?.classes.contains_key("business_capability"));
    /// assert!(ModelDefinition::pack("sap").unwrap_err().to_string().contains("kubernetes"));
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// There is no such pack.
    pub fn pack(name: &str) -> Result<Self> {
        Self::packs(&name.split('+').map(str::trim).collect::<Vec<_>>())
    }

    /// Several ready-made models as one, put together by [`merge`](Self::merge). To add classes of
    /// one's own, merge a model of one's own to it.
    ///
    /// ```
    /// use itom_core::cmdb::ModelDefinition;
    ///
    /// let model = ModelDefinition::packs(&["network", "aws", "azure", "gcp"])?;
    /// for class in ["rack", "aws.rds.dbinstance", "azure.sql.database", "gcp.compute.instance"] {
    ///     assert!(model.classes.contains_key(class));
    /// }
    /// # Ok::<(), itom_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// There is no such pack, or none is named.
    pub fn packs(names: &[&str]) -> Result<Self> {
        let mut documents: Vec<&str> = Vec::new();
        for name in names {
            let Some((_, parts)) = PACKS.iter().find(|(known, _)| known == name) else {
                let known: Vec<&str> = Self::pack_names().collect();
                let expected = format!("one of {}", known.join(", "));
                return Err(Error::invalid("pack", format!("{name:?}"), expected));
            };
            let new = parts.iter().filter(|part| !documents.contains(*part));
            documents.extend(new.copied().collect::<Vec<_>>());
        }
        let (first, others) =
            documents.split_first().ok_or_else(|| Error::invalid("pack", "none", "named"))?;
        others.iter().try_fold(crate::read_json(first, "pack")?, |model: Self, document| {
            model.merge(crate::read_json(document, "pack")?)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::ClassModel;
    use super::*;
    use crate::cmdb::ImpactDirection;

    #[test]
    fn every_pack_is_a_valid_model_and_all_go_together() {
        for name in ModelDefinition::pack_names() {
            let model = ClassModel::new(ModelDefinition::pack(name).unwrap());
            let model = model.unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(model.is_a("virtual_machine", "configuration_item"));
            assert!(model.check_item_class("infrastructure").is_err());
            assert_eq!(model.impact("owned_by"), ImpactDirection::None);
        }
        let all: Vec<&str> = ModelDefinition::pack_names().collect();
        let model = ClassModel::new(ModelDefinition::packs(&all).unwrap()).unwrap();
        for (class, above) in [
            ("aws.rds.dbinstance", "database"),
            ("azure.compute.virtualmachine", "host"),
            ("gcp.storage.bucket", "storage"),
            ("k8s.pod", "container"),
            ("k8s.deployment", "application"),
            ("firewall", "network_device"),
            ("application_service", "service"),
            ("hypervisor", "host"),
        ] {
            assert!(model.is_a(class, above), "{class}");
        }
        // Merged in another order it is the same model but for the order of lists.
        let reversed: Vec<&str> = all.into_iter().rev().collect();
        let reversed = ModelDefinition::packs(&reversed).unwrap();
        assert!(reversed.classes.keys().eq(model.definition().classes.keys()));
    }

    #[test]
    fn what_is_described_is_named_once_and_packs_stay_small() {
        let size: usize = [OPERATIONS, DATACENTER, KUBERNETES].map(str::len).iter().sum();
        let rest = PACKS.iter().filter_map(|(_, parts)| parts.get(parts.len().max(2) - 1));
        assert!(size + rest.map(|part| part.len()).sum::<usize>() < 150_000);
        for (name, _) in PACKS {
            let model = ModelDefinition::pack(name).unwrap();
            for (class, definition) in &model.classes {
                assert!(!definition.description.is_empty(), "{name}: {class}");
            }
        }
        assert!(PACKS.is_sorted_by_key(|(name, _)| *name));
    }
}
