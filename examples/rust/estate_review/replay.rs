//! From a stream of configuration changes to a CMDB: one transaction a commit.
//!
//! A service runs as an instance in each of its sites. An instance of a load-balanced service needs
//! its pool, and the pool needs so many of its hosts: the share below which the load balancer
//! refuses to go (`depool_threshold`), rounded up. Services may ask for different shares of one
//! pool, so a pool stands in the graph once for each share.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use flate2::read::GzDecoder;
use itom_core::Timestamp;
use itom_core::cmdb::{
    Change, Cmdb, PutItem, PutRelation, RemoveItem, RemoveRelation, Transaction, Value,
};
use serde_json::{Map, Value as Json};

/// What was read, and the database made of it.
pub(super) struct Replay {
    pub(super) db: Cmdb,
    pub(super) events: usize,
    pub(super) commits: usize,
}

/// Reads the events and applies them, a transaction for each commit.
pub(super) fn replay(events: &Path) -> Result<Replay, Box<dyn Error>> {
    let mut estate = Estate::default();
    let mut replay = Replay { db: Cmdb::default(), events: 0, commits: 0 };
    let mut batch: Vec<Json> = Vec::new();
    for line in BufReader::new(GzDecoder::new(File::open(events)?)).lines() {
        let event: Json = serde_json::from_str(&line?)?;
        replay.events += 1;
        if batch.last().is_some_and(|last| last["commit"] != event["commit"]) {
            commit(&mut replay, &mut estate, &std::mem::take(&mut batch))?;
        }
        batch.push(event);
    }
    commit(&mut replay, &mut estate, &batch)?;
    Ok(replay)
}

fn commit(replay: &mut Replay, estate: &mut Estate, events: &[Json]) -> Result<(), Box<dyn Error>> {
    let Some(first) = events.first() else { return Ok(()) };
    let seconds = first["t"].as_i64().ok_or("an event has no time")?;
    for event in events {
        estate.hear(event)?;
    }
    let mut transaction = Transaction::at(Timestamp::from_secs(seconds));
    transaction.change = first["change"].as_str().map(str::to_owned);
    transaction.reason = first["bugs"]
        .as_array()
        .map(|bugs| bugs.iter().filter_map(Json::as_str).collect::<Vec<_>>().join(" "));
    transaction.reason.take_if(|reason| reason.is_empty());
    let transaction = transaction.source("operations-puppet");
    replay.db.apply(&estate.changes(), transaction)?;
    replay.commits += 1;
    Ok(())
}

/// An instance of a service: the pool it needs and the share of it, in percent.
type Instances = BTreeMap<String, Option<(String, u32)>>;

/// The estate as the events tell it, and what of it is in the database.
#[derive(Default)]
struct Estate {
    hosts: BTreeMap<String, Json>,
    pools: BTreeMap<String, BTreeSet<String>>,
    services: BTreeMap<String, Map<String, Json>>,
    touched: BTreeSet<(&'static str, String)>,
    /// By service its instances in the database.
    instances: BTreeMap<String, Instances>,
    /// By pool and share the members and how many are needed in the database.
    quorums: BTreeMap<String, (BTreeSet<String>, u32)>,
}

impl Estate {
    fn hear(&mut self, event: &Json) -> Result<(), String> {
        let key = event["key"].as_str().ok_or("an event has no key")?.to_owned();
        let kind = event["kind"].as_str().unwrap_or_default();
        let is_gone = event["op"] == "delete";
        match kind {
            "host" if is_gone => {
                self.hosts.remove(&key);
                self.touched.insert(("host", key));
            }
            "host" => {
                let host =
                    self.hosts.entry(key.clone()).or_insert_with(|| Json::Object(Map::new()));
                merge(host, said(event));
                self.touched.insert(("host", key));
            }
            "member" => {
                let (pool, host) = key.split_once('|').ok_or("a member without a pool")?;
                let members = self.pools.entry(pool.to_owned()).or_default();
                match is_gone {
                    true => members.remove(host),
                    false => members.insert(host.to_owned()),
                };
                self.touched.insert(("pool", pool.to_owned()));
            }
            "service" if is_gone => {
                self.services.remove(&key);
                self.touched.insert(("service", key));
            }
            "service" => {
                let service = self.services.entry(key.clone()).or_default();
                if let Json::Object(said) = said(event) {
                    service.extend(said.clone());
                }
                self.touched.insert(("service", key));
            }
            other => return Err(format!("an event of the unknown kind {other:?}")),
        }
        Ok(())
    }

    /// What the events since the last call change in the database.
    fn changes(&mut self) -> Vec<Change> {
        let mut changes = Vec::new();
        let mut pools = BTreeSet::new();
        for (kind, key) in std::mem::take(&mut self.touched) {
            match kind {
                "host" => self.change_host(&key, &mut changes),
                "service" => self.change_service(&key, &mut pools, &mut changes),
                _ => {
                    pools.insert(key);
                }
            }
        }
        for pool in pools {
            self.change_pool(&pool, &mut changes);
        }
        // A service needs its pools, so these come first; what is gone goes last.
        changes.sort_by_key(|change| match change {
            Change::PutItem(_) => 0,
            Change::RemoveRelation(_) => 1,
            Change::PutRelation(_) => 2,
            _ => 3,
        });
        changes
    }

    fn change_host(&self, host: &str, changes: &mut Vec<Change>) {
        let Some(said) = self.hosts.get(host) else {
            changes.push(Change::RemoveItem(RemoveItem { id: host.to_owned() }));
            return;
        };
        let mut put = PutItem::new(host, "host");
        put.attributes.insert("dc".to_owned(), value(&said["dc"]));
        put.attributes.insert("clusters".to_owned(), value(&said["clusters"]));
        changes.push(Change::PutItem(put));
    }

    fn change_service(
        &mut self,
        name: &str,
        pools: &mut BTreeSet<String>,
        changes: &mut Vec<Change>,
    ) {
        let before = self.instances.remove(name).unwrap_or_default();
        let now = self.services.get(name).map(|service| instances(name, service));
        let gone =
            before.iter().filter(|(id, _)| now.as_ref().is_none_or(|now| !now.contains_key(*id)));
        changes.extend(gone.map(|(id, _)| Change::RemoveItem(RemoveItem { id: id.clone() })));
        let Some(now) = now else {
            changes.push(Change::RemoveItem(RemoveItem { id: name.to_owned() }));
            pools.extend(before.into_values().flatten().map(|(pool, _)| pool));
            return;
        };
        let service = &self.services[name];
        let mut put = PutItem::new(name, "service");
        for attribute in ["description", "state", "page", "port", "encryption"] {
            if let Some(said) = service.get(attribute) {
                put.attributes.insert(attribute.to_owned(), value(said));
            }
        }
        changes.push(Change::PutItem(put));
        for (id, need) in &now {
            if !before.contains_key(id) {
                changes.push(Change::PutItem(PutItem::new(id, "service.instance")));
            }
            // One site of several is enough.
            let sites = PutRelation::new(name, "runs_as", id).in_group("sites", 1);
            changes.push(Change::PutRelation(sites));
            let needed = before.get(id).cloned().flatten();
            if needed != *need {
                if let Some((pool, share)) = &needed {
                    changes.push(Change::RemoveRelation(RemoveRelation {
                        source: id.clone(),
                        kind: "needs".to_owned(),
                        target: quorum(pool, *share),
                        group: None,
                    }));
                }
                if let Some((pool, share)) = need {
                    let needs = PutRelation::new(id, "needs", &quorum(pool, *share));
                    changes.push(Change::PutRelation(needs));
                }
            }
        }
        pools.extend(before.into_values().flatten().map(|(pool, _)| pool));
        pools.extend(now.values().flatten().map(|(pool, _)| pool.clone()));
        self.instances.insert(name.to_owned(), now);
    }

    fn change_pool(&mut self, pool: &str, changes: &mut Vec<Change>) {
        let all = self.instances.values().flat_map(BTreeMap::values).flatten();
        let mut shares: BTreeSet<u32> =
            all.filter(|(of, _)| of == pool).map(|(_, share)| *share).collect();
        // A pool that no service needs yet is shown with the least there is: one host.
        if shares.is_empty() {
            shares.insert(0);
        }
        let members: BTreeSet<String> = self.pools.get(pool).cloned().unwrap_or_default();
        let members: BTreeSet<String> =
            members.into_iter().filter(|host| self.hosts.contains_key(host)).collect();
        let stale = self.quorums.keys().filter(|id| id.split(' ').next() == Some(pool));
        let wanted: BTreeSet<String> = shares.iter().map(|share| quorum(pool, *share)).collect();
        let stale: Vec<String> = stale.filter(|id| !wanted.contains(*id)).cloned().collect();
        for id in stale {
            self.quorums.remove(&id);
            changes.push(Change::RemoveItem(RemoveItem { id }));
        }
        for share in shares {
            let id = quorum(pool, share);
            let needed = (members.len() as u32 * share).div_ceil(100).max(1);
            let (before, needed_before) = self.quorums.remove(&id).unwrap_or_else(|| {
                changes.push(Change::PutItem(PutItem::new(&id, "pool")));
                Default::default()
            });
            let gone = before.difference(&members).filter(|host| self.hosts.contains_key(*host));
            changes.extend(gone.map(|host| {
                Change::RemoveRelation(RemoveRelation {
                    source: id.clone(),
                    kind: "balances_over".to_owned(),
                    target: host.clone(),
                    group: Some("hosts".to_owned()),
                })
            }));
            let put =
                members.iter().filter(|host| needed != needed_before || !before.contains(*host));
            changes.extend(put.map(|host| {
                let relation = PutRelation::new(&id, "balances_over", host);
                Change::PutRelation(relation.in_group("hosts", needed))
            }));
            self.quorums.insert(id, (members.clone(), needed));
        }
    }
}

/// The item of a pool of which a share is needed.
fn quorum(pool: &str, share: u32) -> String {
    if share == 0 { pool.to_owned() } else { format!("{pool} {share} %") }
}

/// The instances of a service, one a site, and what each needs.
fn instances(name: &str, service: &Map<String, Json>) -> Instances {
    let none = Json::Null;
    let lvs = service.get("lvs").unwrap_or(&none);
    let sites: Vec<&str> = match service.get("sites").or_else(|| service.get("ip")) {
        Some(Json::Array(sites)) => sites.iter().filter_map(Json::as_str).collect(),
        Some(Json::Object(addresses)) => addresses.keys().map(String::as_str).collect(),
        _ => Vec::new(),
    };
    let text = |value: &Json| value.as_str().map(str::to_owned);
    let conftool = text(&lvs["conftool"]["cluster"]).zip(text(&lvs["conftool"]["service"]));
    let threshold = match &lvs["depool_threshold"] {
        Json::String(text) => text.parse().ok(),
        number => number.as_f64(),
    };
    let need = conftool.zip(threshold.map(|share: f64| (share * 100.0).round() as u32));
    let need = |site: &str| {
        need.as_ref()
            .map(|((cluster, service), share)| (format!("{site}/{cluster}/{service}"), *share))
    };
    sites.into_iter().map(|site| (format!("{name}@{site}"), need(site))).collect()
}

fn said(event: &Json) -> &Json {
    if event["op"] == "create" { &event["value"] } else { &event["set"] }
}

fn merge(into: &mut Json, said: &Json) {
    if let (Json::Object(into), Json::Object(said)) = (into, said) {
        into.extend(said.clone());
    }
}

/// A value of the CMDB, from JSON; what is nested is kept as its text.
fn value(json: &Json) -> Value {
    serde_json::from_value(json.clone()).unwrap_or_else(|_| Value::Text(json.to_string()))
}
