//! Configuration items of AWS Config: snapshots and history files as delivered to S3, what the API
//! `BatchGetResourceConfig` or `GetResourceConfigHistory` answers, and notifications of changes, with
//! or without the envelope of SNS.
//!
//! An item is a resource. Its id is its ARN, or account, region, type and resource id where it has none;
//! its class is the type in lower case with points, `aws.ec2.instance`. AWS names relationships from
//! both ends in words; the words give what depends on what:
//!
//! - *Is contained in X* – the resource is `hosted_on` X; *Contains X* the other way round;
//! - *Is attached to X*, *Attached X* – the one that computes `depends_on` what is attached to it (a volume, an
//!   interface, a gateway, an address);
//! - *Is associated with X*, and every other wording – `associated_with`, said once.
//!
//! A resource that AWS reports deleted is left out with a warning. Of the configuration itself only what
//! the table below names becomes an attribute: it has a thousand fields, and most change without end.

use hashbrown::HashMap;

use super::draft::Draft;
use super::tree::{self, Tree};
use crate::cmdb::Import;
use crate::{Error, Result};

/// Attribute, its names in files and in the API.
const ATTRIBUTES: &[(&str, &[&str])] = &[
    ("cloud.account.id", &["awsAccountId", "accountId"]),
    ("cloud.region", &["awsRegion"]),
    ("cloud.availability_zone", &["availabilityZone"]),
    ("name", &["resourceName"]),
    ("resource_id", &["resourceId"]),
    ("created", &["resourceCreationTime"]),
    ("instance_type", &["configuration/instanceType"]),
    ("image_id", &["configuration/imageId"]),
    ("private_ip_address", &["configuration/privateIpAddress"]),
    ("engine", &["configuration/engine"]),
    ("engine_version", &["configuration/engineVersion"]),
    ("runtime", &["configuration/runtime"]),
    ("multi_az", &["configuration/multiAZ", "configuration/multiAz"]),
    ("cidr", &["configuration/cidrBlock"]),
    ("size", &["configuration/size"]),
];

/// Types that lend themselves: what they are attached to depends on them.
const ATTACHED: &[&str] = &[
    "AWS::EC2::Volume",
    "AWS::EC2::NetworkInterface",
    "AWS::EC2::EIP",
    "AWS::EC2::InternetGateway",
    "AWS::EC2::VPNGateway",
    "AWS::IAM::Policy",
];

/// Reads configuration items.
///
/// ```
/// use itom_core::formats::read_aws_config;
///
/// let import = read_aws_config(r#"{"configurationItems": [
///     {"resourceType": "AWS::EC2::Instance", "resourceId": "i-1", "awsAccountId": "1", "awsRegion": "eu-west-1",
///      "relationships": [{"resourceType": "AWS::EC2::Subnet", "resourceId": "subnet-1", "name": "Is contained in Subnet"}]},
///     {"resourceType": "AWS::EC2::Subnet", "resourceId": "subnet-1", "awsAccountId": "1", "awsRegion": "eu-west-1"}
/// ]}"#)?;
/// assert_eq!(import.records[0].class, "aws.ec2.instance");
/// assert_eq!(import.relations[0].kind, "hosted_on");
/// # Ok::<(), itom_core::Error>(())
/// ```
///
/// # Errors
/// The text is no JSON, or an item has no type or id; with its place.
pub fn read_aws_config(text: &str) -> Result<Import> {
    let documents = tree::json_documents(text)?;
    let messages = documents.iter().flat_map(messages).collect::<Result<Vec<_>>>()?;
    let mut found = Vec::new();
    for document in documents.iter().chain(messages.iter().flatten()) {
        match document {
            Tree::List(list) => found.extend(list),
            one => take(one, &mut found)?,
        }
    }
    let mut account = Account::default();
    let mut items = Vec::with_capacity(found.len());
    for (number, item) in found.iter().enumerate() {
        let place = |e: Error| e.within(format!("configurationItems[{number}]")).about("text");
        items.push(account.add(item).map_err(place)?);
    }
    for (number, (item, own)) in items.iter().zip(&found).enumerate() {
        let place = |e: Error| e.within(format!("configurationItems[{number}]")).about("text");
        if let Some(item) = item {
            account.connect(*item, own).map_err(place)?;
        }
    }
    if account.missing > 0 {
        let count = account.missing;
        account.draft.warn(format!("{count} relationships lead to resources not in the text"));
    }
    Ok(account.draft.finish())
}

/// The messages of SNS that are text, as documents.
fn messages(document: &Tree) -> impl Iterator<Item = Result<Vec<Tree>>> {
    let all = match document {
        Tree::List(list) => list.as_slice(),
        one => std::slice::from_ref(one),
    };
    all.iter()
        .filter_map(|one| one.get("Message")?.as_text())
        .map(|text| tree::json_documents(text).map_err(|error| error.within("Message")))
}

/// The items of a document.
fn take<'a>(document: &'a Tree, found: &mut Vec<&'a Tree>) -> Result<()> {
    let whole = match document.get("Message") {
        // Its text is read as a document of its own.
        Some(Tree::Text(_)) => return Ok(()),
        Some(message) => message,
        None => document,
    };
    if let Some(name) = ["configurationItems", "baseConfigurationItems"]
        .iter()
        .find(|name| whole.get(name).is_some())
    {
        found.extend(whole.list(name)?);
    } else {
        found.push(whole.get("configurationItem").unwrap_or(whole));
    }
    Ok(())
}

#[derive(Default)]
struct Account<'a> {
    draft: Draft,
    /// Type in lower case, for AWS writes `AWS::EC2::VOLUME` at times, resource id or name → item.
    by_name: HashMap<(String, &'a str), u32>,
    missing: usize,
}

impl<'a> Account<'a> {
    fn add(&mut self, own: &'a Tree) -> Result<Option<u32>> {
        own.entries()?;
        let kind = own.need_text("resourceType")?;
        let resource = own.need_text("resourceId")?;
        let status = own.text("configurationItemStatus")?.unwrap_or("OK");
        if status.starts_with("ResourceDeleted") {
            self.draft.warn(format!("{kind} {resource}: deleted, left out"));
            return Ok(None);
        }
        let arn = own.text("ARN")?.or(own.text("arn")?).filter(|arn| !arn.is_empty());
        let part =
            |names: [&str; 2]| names.iter().find_map(|name| own.get(name)?.as_text()).unwrap_or("");
        let id = arn.map_or_else(
            || {
                let (account, region) =
                    (part(["awsAccountId", "accountId"]), part(["awsRegion", "region"]));
                format!("{account}/{region}/{kind}/{resource}")
            },
            str::to_owned,
        );
        // A history file tells of one resource several times; the last word counts.
        let class = kind.replace("::", ".").to_lowercase();
        let item = self.draft.item(&id, &class);
        let kind = kind.to_lowercase();
        self.by_name.insert((kind.clone(), resource), item);
        if let Some(name) = own.text("resourceName")?.filter(|name| !name.is_empty()) {
            self.by_name.entry((kind, name)).or_insert(item);
        }
        for (attribute, paths) in ATTRIBUTES {
            let value = paths.iter().find_map(|path| own.at(path));
            self.draft.take(item, attribute, value);
        }
        match own.get("tags") {
            // The API's files have an object, some exports a list of keys and values.
            Some(Tree::Map(tags)) => self.draft.pairs(item, "tags", tags),
            Some(Tree::List(tags)) => {
                let pair = |tag: &Tree| {
                    Some((tag.at("key")?.as_text()?.to_owned(), tag.get("value")?.clone()))
                };
                let tags: Vec<(String, Tree)> = tags.iter().filter_map(pair).collect();
                self.draft.pairs(item, "tags", &tags);
            }
            _ => {}
        }
        Ok(Some(item))
    }

    fn connect(&mut self, item: u32, own: &'a Tree) -> Result<()> {
        let kind = own.need_text("resourceType")?;
        for relationship in own.list("relationships")? {
            let other = relationship.need_text("resourceType")?;
            let name = ["resourceId", "resourceName"].iter();
            let mut names = name.filter_map(|key| relationship.get(key)?.as_text());
            let kind_of = other.to_lowercase();
            let known = |name: &'a str| self.by_name.get(&(kind_of.clone(), name)).copied();
            let Some(target) = names.find_map(known) else {
                self.missing += 1;
                continue;
            };
            let words = relationship.text("name")?.or(relationship.text("relationshipName")?);
            let words = words.unwrap_or("").trim();
            let words = words.strip_prefix("Is ").unwrap_or(words).to_lowercase();
            if words.starts_with("contained in") {
                self.draft.relate(item, "hosted_on", target)?;
            } else if words.starts_with("contains") {
                self.draft.relate(target, "hosted_on", item)?;
            } else if words.starts_with("attached") {
                let lends = |kind: &str| ATTACHED.iter().any(|own| own.eq_ignore_ascii_case(kind));
                match (lends(kind), lends(other)) {
                    (true, false) => self.draft.relate(target, "depends_on", item)?,
                    _ if !lends(kind) => self.draft.relate(item, "depends_on", target)?,
                    _ => {
                        self.draft.relate(item.min(target), "associated_with", item.max(target))?
                    }
                }
            } else {
                self.draft.relate(item.min(target), "associated_with", item.max(target))?;
            }
        }
        Ok(())
    }
}
