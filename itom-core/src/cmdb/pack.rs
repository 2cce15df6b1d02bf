//! Ready-made models.

use std::collections::BTreeMap;

use super::model::RelationDefinition;
use super::model::{AttributeDefinition, AttributeType, ClassDefinition, ModelDefinition};

/// Class, what it extends, whether it is abstract, what it is.
const CLASSES: &[(&str, &str, bool, &str)] = &[
    ("configuration_item", "", false, "anything that is managed"),
    ("business_service", "configuration_item", false, "what is promised to people"),
    ("service", "configuration_item", false, "a running service with an interface"),
    ("external_service", "service", false, "a service that someone else runs"),
    ("cloud_service", "service", false, "a managed service of a cloud provider"),
    ("gateway", "service", false, "an entrance: API gateway, load balancer, proxy"),
    ("application", "configuration_item", false, "a program as it is deployed"),
    ("function", "application", false, "a function that a platform runs on demand"),
    ("client", "application", false, "a program that calls and is not called"),
    ("database", "configuration_item", false, "a database or a table of a managed one"),
    ("queue", "configuration_item", false, "a message queue, topic or stream"),
    ("storage", "configuration_item", false, "files, blocks, objects"),
    ("infrastructure", "configuration_item", true, "what others run on"),
    ("host", "infrastructure", false, "a machine"),
    ("virtual_machine", "host", false, "a machine that another one runs"),
    ("container", "infrastructure", false, "a container or a group of them"),
    ("network_device", "infrastructure", false, "switch, router, firewall"),
];

/// Kind, its name seen from the target, whether it carries impact, what it means.
const RELATIONS: &[(&str, &str, bool, &str)] = &[
    ("depends_on", "dependency_of", true, "the source needs the target"),
    ("runs_on", "runs", true, "the source is a program, the target executes it"),
    ("hosted_on", "hosts", true, "the source lives on the target"),
    ("uses", "used_by", true, "the source calls the target"),
    ("connects_to", "connected_by", true, "the source reaches others through the target"),
    ("powered_by", "powers", true, "the target gives power to the source"),
    ("part_of", "has_part", false, "the source is a part of the target"),
    ("owned_by", "owner_of", false, "the target answers for the source"),
    ("located_in", "location_of", false, "the target is where the source is"),
];

/// Attributes every class has.
const ATTRIBUTES: &[(&str, AttributeType, &str)] = &[
    ("name", AttributeType::String, "what people call it"),
    ("description", AttributeType::String, "what it is for"),
    ("owner", AttributeType::String, "who answers for it"),
    ("environment", AttributeType::String, "production, staging …"),
    ("location", AttributeType::String, "where it is"),
    ("since", AttributeType::Datetime, "when it went into operation"),
    ("tags", AttributeType::List, "words to find it by"),
];

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
        let classes = CLASSES.iter().map(|&(name, extends, is_abstract, description)| {
            let is_root = extends.is_empty();
            let class = ClassDefinition {
                extends: (!is_root).then(|| extends.to_owned()),
                is_abstract,
                description: description.to_owned(),
                attributes: if is_root { root_attributes() } else { BTreeMap::new() },
                identification: Vec::new(),
            };
            (name.to_owned(), class)
        });
        let relations = RELATIONS.iter().map(|&(name, inverse, impact, description)| {
            let inverse = Some(inverse.to_owned());
            let description = description.to_owned();
            (name.to_owned(), RelationDefinition { inverse, impact, description })
        });
        ModelDefinition { classes: classes.collect(), relations: relations.collect() }
    }
}

fn root_attributes() -> BTreeMap<String, AttributeDefinition> {
    let attribute = |&(name, attribute_type, description): &(&str, AttributeType, &str)| {
        let definition = AttributeDefinition {
            attribute_type,
            required: false,
            values: Vec::new(),
            class: None,
            description: description.to_owned(),
        };
        (name.to_owned(), definition)
    };
    ATTRIBUTES.iter().map(attribute).collect()
}

#[cfg(test)]
mod tests {
    use super::super::model::ClassModel;
    use super::*;

    #[test]
    fn the_pack_is_a_valid_model() {
        let model = ClassModel::new(ModelDefinition::operations()).unwrap();
        assert!(model.is_a("virtual_machine", "configuration_item"));
        assert!(model.check_item_class("infrastructure").is_err());
        assert!(!model.carries_impact("owned_by"));
    }
}
