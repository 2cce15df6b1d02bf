//! A made-up estate of some ten thousand nodes, layered as a CMDB of a company with two data
//! centres is: services over clusters over virtual machines over hosts in pods, over racks, power
//! and network. The same seed makes the same estate.

use std::collections::BTreeMap;

use itom_core::sla::{
    DependencyExpression, DependencyGate, DependencyGraphDefinition, GroupDefinition,
    NodeDefinition,
};

use super::random::Random;

/// How large, and how entangled.
#[derive(Clone, Copy, Debug)]
pub(super) struct Estate {
    pub(super) pods: usize,
    pub(super) hosts_a_pod: usize,
    pub(super) clusters: usize,
    pub(super) services: usize,
    /// Members of a cluster on hosts of any pod of the site, not of one.
    pub(super) scattered: bool,
    pub(super) seed: u64,
}

impl Estate {
    /// Ten thousand nodes.
    pub(super) fn large(seed: u64) -> Estate {
        Estate { pods: 44, hosts_a_pod: 8, clusters: 2600, services: 300, scattered: false, seed }
    }
}

#[derive(Default)]
struct Build {
    nodes: BTreeMap<String, NodeDefinition>,
    groups: Vec<GroupDefinition>,
}

impl Build {
    fn node(&mut self, name: &str, availability: &str) {
        self.nodes.insert(
            name.to_owned(),
            NodeDefinition::from(availability.parse::<itom_core::sla::Fraction>().unwrap()),
        );
    }
    fn group(&mut self, source: &str, min_up: u64, members: Vec<String>) {
        self.groups.push(GroupDefinition { source: source.to_owned(), min_up, members });
    }
}

/// The estate, asked about `business`, which needs every service.
pub(super) fn estate(estate: Estate) -> DependencyGraphDefinition {
    let mut random = Random(estate.seed);
    let mut build = Build::default();
    build.nodes.insert("business".to_owned(), NodeDefinition::default());
    for name in ["dns-1", "dns-2", "wan-1", "wan-2"] {
        build.node(name, "0.9995");
    }
    for site in 0..2 {
        build.node(&format!("site-{site}"), "0.99999");
        for feed in ["a", "b"] {
            build.node(&format!("power-{site}{feed}"), "0.9998");
            build.node(&format!("core-{site}{feed}"), "0.9997");
        }
        build.node(&format!("lan-{site}"), "0.999999");
        build.group(
            &format!("lan-{site}"),
            1,
            vec![format!("core-{site}a"), format!("core-{site}b")],
        );
        build.group(&format!("lan-{site}"), 1, vec![format!("site-{site}")]);
    }
    let racks = estate.pods.div_ceil(2) * 4;
    for rack in 0..racks {
        let (name, site) = (format!("rack-{rack}"), rack % 2);
        build.node(&name, "0.9999");
        build.group(&name, 1, vec![format!("power-{site}a"), format!("power-{site}b")]);
        build.group(&name, 1, vec![format!("lan-{site}")]);
    }
    for pod in 0..estate.pods {
        for host in 0..estate.hosts_a_pod {
            let name = format!("host-{pod}-{host}");
            build.node(&name, "0.9995");
            // Two pods of a site share four racks.
            let rack = (pod / 4 * 4 + host % 4) * 2 % racks + pod % 2;
            build.group(&name, 1, vec![format!("rack-{}", rack % racks)]);
        }
    }
    for cluster in 0..estate.clusters {
        let name = format!("cluster-{cluster}");
        let (size, min_up) = if random.below(2) == 0 { (3, 2) } else { (2, 1) };
        build.nodes.insert(name.clone(), NodeDefinition::default());
        let (pod, first) = (random.below(estate.pods), random.below(estate.hosts_a_pod));
        let mut members = Vec::new();
        for member in 0..size {
            let machine = format!("vm-{cluster}-{member}");
            build.node(&machine, "0.9998");
            let pod =
                if estate.scattered { random.below(estate.pods) / 2 * 2 + pod % 2 } else { pod };
            let host = (first + member) % estate.hosts_a_pod;
            build.group(&machine, 1, vec![format!("host-{}-{host}", pod.min(estate.pods - 1))]);
            members.push(machine);
        }
        build.group(&name, min_up, members);
    }
    for service in 0..estate.services {
        let name = format!("service-{service}");
        build.nodes.insert(name.clone(), NodeDefinition::default());
        for _ in 0..3 + random.below(8) {
            let cluster = random.below(estate.clusters);
            build.group(&name, 1, vec![format!("cluster-{cluster}")]);
        }
        build.group(&name, 1, vec!["dns-1".to_owned(), "dns-2".to_owned()]);
        build.group(&name, 1, vec!["wan-1".to_owned(), "wan-2".to_owned()]);
        build.group("business", 1, vec![name]);
    }
    // Every cluster serves somebody.
    for cluster in 0..estate.clusters {
        build.group("business", 1, vec![format!("cluster-{cluster}")]);
    }
    let service =
        DependencyExpression::Gate(DependencyGate::AllOf(vec![DependencyExpression::Node(
            "business".to_owned(),
        )]));
    DependencyGraphDefinition { nodes: build.nodes, groups: build.groups, service }
}
