//! NetBox: what its `manage.py dumpdata` writes, Django's JSON of models.
//!
//! An item is an object of a model in the table below; its id is `dcim.device:12`, model and primary
//! key, which NetBox never uses again. What depends on what:
//!
//! - a device or power panel is `located_in` its rack, else its location, else its site; a rack, location,
//!   cluster, prefix, VLAN in theirs;
//! - a device is `powered_by` what its power ports are cabled to, feeds and the devices of outlets, as one
//!   group that needs one: A and B feeds; a feed is `powered_by` its panel;
//! - a cable between two devices makes the one at its A end `connects_to` the other; circuits and their
//!   sites likewise. Ports themselves are no items;
//! - a virtual machine `runs_on` its device, else its cluster; a cluster `depends_on` its devices, a group
//!   that needs one; an IP address is `assigned_to` what carries the interface.
//!
//! Cables are read as of NetBox 3.3 and later (`dcim.cabletermination`) and before. Models not named
//! here are counted in the warnings.

use hashbrown::HashMap;

use super::draft::Draft;
use super::tree::{self, Tree};
use crate::cmdb::{Import, Value};
use crate::{Error, Result};

/// Model, class.
const MODELS: &[(&str, &str)] = &[
    ("circuits.circuit", "circuit"),
    ("circuits.provider", "provider"),
    ("dcim.device", "device"),
    ("dcim.location", "location"),
    ("dcim.powerfeed", "power_feed"),
    ("dcim.powerpanel", "power_panel"),
    ("dcim.rack", "rack"),
    ("dcim.site", "site"),
    ("ipam.ipaddress", "ip_address"),
    ("ipam.prefix", "prefix"),
    ("ipam.vlan", "vlan"),
    ("tenancy.tenant", "tenant"),
    ("virtualization.cluster", "cluster"),
    ("virtualization.virtualmachine", "virtual_machine"),
];

/// Fields that are attributes by the same name.
const ATTRIBUTES: &[&str] = &[
    "address",
    "amperage",
    "asset_tag",
    "cid",
    "description",
    "dns_name",
    "facility",
    "memory",
    "name",
    "prefix",
    "serial",
    "slug",
    "status",
    "u_height",
    "vcpus",
    "vid",
    "voltage",
];

/// Attribute, the field with a key, the model it is a key of, the field of that which is said.
const NAMES: &[(&str, &str, &str, &str)] = &[
    ("role", "role", "dcim.devicerole", "name"),
    ("role", "device_role", "dcim.devicerole", "name"),
    ("device_type", "device_type", "dcim.devicetype", "model"),
    ("platform", "platform", "dcim.platform", "name"),
    ("cluster_type", "type", "virtualization.clustertype", "name"),
    ("circuit_type", "type", "circuits.circuittype", "name"),
];

/// Field, the model it is a key of, the kind of relation. Of the three places the nearest counts.
const KEYS: &[(&str, &str, &str)] = &[
    ("rack", "dcim.rack", "located_in"),
    ("location", "dcim.location", "located_in"),
    ("parent", "dcim.location", "located_in"),
    ("site", "dcim.site", "located_in"),
    ("power_panel", "dcim.powerpanel", "powered_by"),
    ("provider", "circuits.provider", "provided_by"),
    ("tenant", "tenancy.tenant", "owned_by"),
];

/// Reads a dump.
///
/// ```
/// use itom_core::formats::read_netbox;
///
/// let import = read_netbox(r#"[
///     {"model": "dcim.site", "pk": 1, "fields": {"name": "DM-Akron", "status": "active"}},
///     {"model": "dcim.device", "pk": 7, "fields": {"name": "dmi01-akron-rtr01", "site": 1, "serial": "X1"}},
///     {"model": "extras.tag", "pk": 3, "fields": {"name": "golf"}}
/// ]"#)?;
/// assert_eq!(import.records[1].id.as_deref(), Some("dcim.device:7"));
/// assert_eq!(import.relations[0].kind, "located_in");
/// assert_eq!(import.warnings, ["1 of kind extras.tag: left out"]);
/// # Ok::<(), itom_core::Error>(())
/// ```
///
/// # Errors
/// The text is no JSON, or an object in it has no model, key or fields; with its place.
pub fn read_netbox(text: &str) -> Result<Import> {
    let documents = tree::json_documents(text)?;
    let mut dump = Dump::default();
    let mut order = Vec::new();
    for document in &documents {
        let Tree::List(list) = document else {
            return Err(Error::invalid("text", document, "an array of objects").about("text"));
        };
        for (number, object) in list.iter().enumerate() {
            let key = dump.add(object);
            order.push(key.map_err(|e| e.within(format!("object {number}")).about("text"))?);
        }
    }
    for &key in &order {
        let place = |error: Error| error.within(format!("{}:{}", key.0, key.1)).about("text");
        dump.item(key).map_err(place)?;
    }
    for &key in &order {
        let place = |error: Error| error.within(format!("{}:{}", key.0, key.1)).about("text");
        dump.connect(key).map_err(place)?;
    }
    dump.cables()?;
    dump.groups()?;
    let left_out = order.iter().map(|(model, _)| *model).filter(|model| !is_read(model));
    dump.draft.left_out(left_out);
    Ok(dump.draft.finish())
}

/// Whether objects of a model become something: an item, or a part of one.
fn is_read(model: &str) -> bool {
    const PARTS: &[&str] = &[
        "circuits.circuittermination",
        "circuits.circuittype",
        "contenttypes.contenttype",
        "dcim.cable",
        "dcim.cablepath",
        "dcim.cabletermination",
        "dcim.consoleport",
        "dcim.consoleserverport",
        "dcim.devicerole",
        "dcim.devicetype",
        "dcim.frontport",
        "dcim.interface",
        "dcim.platform",
        "dcim.poweroutlet",
        "dcim.powerport",
        "dcim.rearport",
        "virtualization.clustertype",
        "virtualization.vminterface",
    ];
    PARTS.contains(&model) || MODELS.iter().any(|(own, _)| *own == model)
}

/// Model and primary key.
type Key<'a> = (&'a str, i64);

#[derive(Default)]
struct Dump<'a> {
    draft: Draft,
    objects: HashMap<Key<'a>, &'a Tree>,
    /// Content types by number, where the dump has no natural keys.
    types: HashMap<i64, String>,
    items: HashMap<Key<'a>, u32>,
    /// Cable → what is at its ends A and B.
    cables: std::collections::BTreeMap<i64, [Vec<(String, i64)>; 2]>,
    /// What gives power to a device, which devices a cluster has.
    groups: std::collections::BTreeMap<(u32, &'static str, &'static str), Vec<u32>>,
}

impl<'a> Dump<'a> {
    fn add(&mut self, object: &'a Tree) -> Result<Key<'a>> {
        let model = object.need_text("model")?;
        let pk = match object.get("pk") {
            Some(Tree::Int(pk)) => *pk,
            // Primary keys of other kinds belong to models that are not read.
            Some(Tree::Text(_)) => -1,
            _ => return Err(Error::invalid("pk", "nothing", "a whole number")),
        };
        let Some(fields) = object.get("fields") else {
            return Err(Error::invalid("fields", "nothing", "an object"));
        };
        fields.entries()?;
        if self.objects.insert((model, pk), fields).is_some() && is_read(model) {
            return Err(Error::invalid("pk", format!("{pk} a second time"), "given once"));
        }
        if model == "contenttypes.contenttype" {
            let name = (fields.need_text("app_label")?, fields.need_text("model")?);
            self.types.insert(pk, format!("{}.{}", name.0, name.1));
        }
        Ok((model, pk))
    }

    fn item(&mut self, (model, pk): Key<'a>) -> Result<()> {
        let Some((_, class)) = MODELS.iter().find(|(own, _)| *own == model) else { return Ok(()) };
        let fields = self.objects[&(model, pk)];
        let item = self.draft.new_item(&format!("{model}:{pk}"), class)?;
        self.items.insert((model, pk), item);
        for attribute in ATTRIBUTES {
            self.draft.take(item, attribute, fields.get(attribute));
        }
        for (attribute, field, of, said) in NAMES {
            let named = fields.get(field).and_then(|key| self.objects.get(&(*of, number(key)?)));
            self.draft.take(item, attribute, named.and_then(|named| named.get(said)));
        }
        // Custom fields are a JSON object, in older dumps written as text.
        for (name, value) in
            fields.get("custom_field_data").map_or(&[][..], |tree| tree.entries().unwrap_or(&[]))
        {
            if let Some(value) = value.value().filter(|value| *value != Value::Null) {
                self.draft.set(item, &format!("custom.{name}"), value);
            }
        }
        Ok(())
    }

    fn connect(&mut self, (model, pk): Key<'a>) -> Result<()> {
        let fields = self.objects[&(model, pk)];
        match model {
            "dcim.cabletermination" => return self.termination(fields),
            "dcim.cable" if fields.get("termination_a_id").is_some() => {
                return self.old_cable(pk, fields);
            }
            "circuits.circuittermination" => return self.circuit(fields),
            _ => {}
        }
        let Some(&item) = self.items.get(&(model, pk)) else { return Ok(()) };
        let mut is_placed = false;
        for (field, of, kind) in KEYS {
            let other = fields.get(field).and_then(number);
            let Some(&other) = other.and_then(|key| self.items.get(&(*of, key))) else { continue };
            if *kind == "located_in" && std::mem::replace(&mut is_placed, true) {
                continue;
            }
            self.draft.relate(item, kind, other)?;
        }
        match model {
            "dcim.device" => {
                if let Some(cluster) = self.by_key(fields, "cluster", "virtualization.cluster") {
                    let key = (cluster, "depends_on", "devices");
                    self.groups.entry(key).or_default().push(item);
                }
            }
            "virtualization.virtualmachine" => {
                let device = self.by_key(fields, "device", "dcim.device");
                let cluster = self.by_key(fields, "cluster", "virtualization.cluster");
                if let Some(host) = device.or(cluster) {
                    self.draft.relate(item, "runs_on", host)?;
                }
            }
            "ipam.ipaddress" => {
                let of = self.content_type(fields.get("assigned_object_type"));
                let key = fields.get("assigned_object_id").and_then(number);
                if let (Some(of), Some(key)) = (of, key)
                    && let Some(owner) = self.bearer(&of, key)
                {
                    self.draft.relate(item, "assigned_to", owner)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn by_key(&self, fields: &Tree, field: &str, model: &'static str) -> Option<u32> {
        self.items.get(&(model, fields.get(field).and_then(number)?)).copied()
    }

    /// A content type: `["dcim", "interface"]`, or its number.
    fn content_type(&self, tree: Option<&Tree>) -> Option<String> {
        match tree? {
            Tree::List(parts) => match parts.as_slice() {
                [Tree::Text(app), Tree::Text(model)] => Some(format!("{app}.{model}")),
                _ => None,
            },
            Tree::Int(number) => self.types.get(number).cloned(),
            _ => None,
        }
    }

    /// The item that carries a port, an interface or the end of a circuit, or is a feed itself.
    fn bearer(&self, model: &str, pk: i64) -> Option<u32> {
        let (model, fields) =
            self.objects.get_key_value(&(model, pk)).map(|(key, fields)| (key.0, *fields))?;
        if let Some(&item) = self.items.get(&(model, pk)) {
            return Some(item);
        }
        let of = [
            ("device", "dcim.device"),
            ("virtual_machine", "virtualization.virtualmachine"),
            ("circuit", "circuits.circuit"),
        ];
        of.into_iter().find_map(|(field, of)| self.by_key(fields, field, of))
    }

    fn termination(&mut self, fields: &Tree) -> Result<()> {
        let side = match fields.need_text("cable_end")? {
            "A" => 0,
            "B" => 1,
            other => return Err(Error::invalid("cable_end", format!("{other:?}"), "A or B")),
        };
        let cable = fields.get("cable").and_then(number);
        let of = self.content_type(fields.get("termination_type"));
        let key = fields.get("termination_id").and_then(number);
        if let (Some(cable), Some(of), Some(key)) = (cable, of, key) {
            self.cables.entry(cable).or_default()[side].push((of, key));
        }
        Ok(())
    }

    fn old_cable(&mut self, pk: i64, fields: &Tree) -> Result<()> {
        for (side, name) in [(0, "termination_a"), (1, "termination_b")] {
            let of = self.content_type(fields.get(&format!("{name}_type")));
            let key = fields.get(&format!("{name}_id")).and_then(number);
            if let (Some(of), Some(key)) = (of, key) {
                self.cables.entry(pk).or_default()[side].push((of, key));
            }
        }
        Ok(())
    }

    fn circuit(&mut self, fields: &Tree) -> Result<()> {
        let circuit = self.by_key(fields, "circuit", "circuits.circuit");
        let site = self.by_key(fields, "site", "dcim.site");
        match (circuit, site) {
            (Some(circuit), Some(site)) => self.draft.relate(circuit, "connects_to", site),
            _ => Ok(()),
        }
    }

    fn cables(&mut self) -> Result<()> {
        for [a, b] in std::mem::take(&mut self.cables).into_values() {
            for from in &a {
                for to in &b {
                    self.cable(from, to)?;
                }
            }
        }
        Ok(())
    }

    fn cable(&mut self, a: &(String, i64), b: &(String, i64)) -> Result<()> {
        let bearers = (self.bearer(&a.0, a.1), self.bearer(&b.0, b.1));
        let (Some(one), Some(other)) = bearers else { return Ok(()) };
        let is_source = |model: &str| matches!(model, "dcim.poweroutlet" | "dcim.powerfeed");
        let powered = match (a.0.as_str(), b.0.as_str()) {
            ("dcim.powerport", giver) if is_source(giver) => Some((one, other)),
            (giver, "dcim.powerport") if is_source(giver) => Some((other, one)),
            _ => None,
        };
        match powered {
            Some((device, giver)) if device != giver => {
                self.groups.entry((device, "powered_by", "power")).or_default().push(giver);
                Ok(())
            }
            Some(_) => Ok(()),
            None => self.draft.relate(one, "connects_to", other),
        }
    }

    fn groups(&mut self) -> Result<()> {
        for ((item, kind, name), mut members) in std::mem::take(&mut self.groups) {
            members.sort_unstable();
            members.dedup();
            self.draft.group((item, kind, name), &members, 1)?;
        }
        Ok(())
    }
}

fn number(tree: &Tree) -> Option<i64> {
    match tree {
        Tree::Int(number) => Some(*number),
        _ => None,
    }
}
