//! Impact on a million items, beside petgraph in the same run.
//!
//! A layered estate: business service → application service → application → instance → machine →
//! host → network and storage, where applications and instances also call each other in circles, and
//! sharing follows a power law. Items are numbered at random, so no order of loading helps. `hub` is
//! the mean over the ten items with most direct dependants, `random` over a hundred others; `k-of-n`
//! has a fifth of those with several providers tolerate the loss of one, which petgraph cannot.

use std::cmp::Reverse;
use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use itom_core::Timestamp;
use itom_core::cmdb::{Cmdb, View};
use itom_core::table::{Column, Table, TextColumn};
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::Bfs;

const ITEMS: usize = 1_000_000;
/// Items of a thousand in each layer, and the chance that one calls another of its layer.
const LAYERS: [(usize, f64); 7] =
    [(35, 0.0), (70, 0.55), (140, 0.55), (360, 0.55), (330, 0.0), (60, 0.0), (5, 0.0)];

/// xorshift64*: enough to spread edges.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    fn unit(&mut self) -> f64 {
        self.next() as f64 / (1u64 << 53) as f64
    }
}

/// Per item what it depends on, and whether it tolerates the loss of one.
struct Estate {
    providers: Vec<Vec<u32>>,
    tolerant: Vec<bool>,
}

impl Estate {
    fn new(items: usize) -> Self {
        let mut random = Random(42);
        let mut number: Vec<u32> = (0..items as u32).collect();
        for n in (1..items).rev() {
            number.swap(n, random.below(n + 1));
        }
        let mut estate =
            Estate { providers: vec![Vec::new(); items], tolerant: vec![false; items] };
        let mut start = 0;
        for pair in LAYERS.windows(2) {
            let [own, below] = [pair[0].0, pair[1].0].map(|share| items * share / 1000);
            for n in 0..own {
                let mut providers = Vec::new();
                for _ in 0..1 + [0, 0, 0, 1, 1, 2, 3][random.below(7)] {
                    let near = (n * below / own + below + random.below(5) - 2) % below;
                    let far = (below as f64 * random.unit().powi(8)) as usize;
                    providers.push(start + own + if random.unit() < 0.8 { far } else { near });
                }
                for _ in 0..2 {
                    let peer = random.below(own);
                    if random.unit() < pair[0].1 && peer != n {
                        providers.push(start + peer);
                    }
                }
                providers.sort_unstable();
                providers.dedup();
                let item = number[start + n] as usize;
                estate.tolerant[item] = providers.len() > 1 && random.below(5) == 0;
                estate.providers[item] = providers.into_iter().map(|n| number[n]).collect();
            }
            start += own;
        }
        estate
    }

    fn load(&self, groups: bool) -> View {
        let names: Vec<String> = (0..self.providers.len()).map(|n| format!("item-{n}")).collect();
        let mut classes = TextColumn::default();
        let [mut sources, mut kinds, mut targets, mut pools] =
            [(); 4].map(|()| TextColumn::default());
        let mut min_up = Vec::new();
        for (item, providers) in self.providers.iter().enumerate() {
            classes.push(Some("x"));
            let pooled = groups && self.tolerant[item];
            for target in providers {
                sources.push(Some(&names[item]));
                kinds.push(Some("depends_on"));
                targets.push(Some(&names[*target as usize]));
                pools.push(pooled.then_some("pool"));
                min_up.push(pooled.then_some(providers.len() as i64 - 1));
            }
        }
        let ids = names.iter().map(|name| Some(name.as_str())).collect();
        let items =
            Table::new([("id", Column::Text(ids)), ("class", Column::Text(classes))]).unwrap();
        let relations = [
            ("source", Column::Text(sources)),
            ("kind", Column::Text(kinds)),
            ("target", Column::Text(targets)),
            ("group", Column::Text(pools)),
            ("min_up", Column::Int(min_up)),
        ];
        let relations = Table::new(relations).unwrap();
        let mut db = Cmdb::default();
        let at = Timestamp::from_secs(0);
        db.load(&items, Some(&relations), at, at).unwrap();
        db.at(None, None)
    }

    fn queries(&self) -> [(&'static str, Vec<u32>); 2] {
        let mut dependants = vec![0; self.providers.len()];
        self.providers.iter().flatten().for_each(|item| dependants[*item as usize] += 1);
        let mut hubs: Vec<u32> = (0..dependants.len() as u32).collect();
        hubs.sort_unstable_by_key(|item| Reverse((dependants[*item as usize], *item)));
        hubs.truncate(10);
        let mut random = Random(7);
        let others = (0..100).map(|_| random.below(dependants.len()) as u32).collect();
        [("hub", hubs), ("random", others)]
    }
}

fn impact(c: &mut Criterion) {
    let estate = Estate::new(ITEMS);
    let mut group = c.benchmark_group("cmdb/impact of a million");
    group.sample_size(10);
    let mut peer: DiGraph<(), ()> = DiGraph::new();
    for _ in 0..ITEMS {
        peer.add_node(());
    }
    for (item, providers) in estate.providers.iter().enumerate() {
        for target in providers {
            peer.add_edge(NodeIndex::new(*target as usize), NodeIndex::new(item), ());
        }
    }
    for (what, items) in estate.queries() {
        let mut next = 0;
        group.bench_function(format!("petgraph Bfs, {what}"), |b| {
            b.iter(|| {
                next = (next + 1) % items.len();
                let mut search = Bfs::new(&peer, NodeIndex::new(items[next] as usize));
                let mut reached = Vec::new();
                while let Some(node) = search.next(&peer) {
                    reached.push(node);
                }
                black_box(reached).len()
            });
        });
    }
    drop(peer);
    for (groups, name) in [(false, "plain"), (true, "k-of-n")] {
        let view = estate.load(groups);
        for (what, items) in estate.queries() {
            let ids: Vec<String> = items.iter().map(|item| format!("item-{item}")).collect();
            let mut next = 0;
            group.bench_function(format!("itom {name}, {what}"), |b| {
                b.iter(|| {
                    next = (next + 1) % ids.len();
                    view.impact(&ids[next..=next]).unwrap().down_rows().len()
                });
            });
        }
    }
    group.finish();
}

criterion_group!(name = benches; config = itom_benches::criterion(); targets = impact);
criterion_main!(benches);
