//! Where the items of a service map stand: consumers left, what they depend on to their right.
//!
//! The layered method of Sugiyama, Tagawa and Toda ("Methods for visual understanding of
//! hierarchical system structures", 1981): cycles are broken at the back edges of a depth-first
//! search, layers are longest paths, long edges are cut into pieces by invisible vertices, the
//! order within layers follows barycentres in a few sweeps (the order with the fewest crossings
//! wins) and then sifting (Matuszewski, Schönfeld, Molitor, 1999), and heights are weighted means of the neighbours' heights, kept apart by isotonic
//! regression (pool adjacent violators), which is exact for each layer. Ties are broken by the
//! given order, so the same map always gives the same picture.
//!
//! At most [`MOST_NODES`] items and [`MOST_EDGES`] dependencies are placed, those that matter in
//! the incident first; cost O(sweeps · edges · layers · log edges). Not done: the minimum number of
//! crossings (NP-hard), labels on edges, clusters.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{Role, ServiceMap};

/// The most items drawn.
pub(super) const MOST_NODES: usize = 60;
/// The most dependencies drawn.
pub(super) const MOST_EDGES: usize = 240;

/// Height of an item.
pub(super) const NODE_HEIGHT: f64 = 36.0;
const MARGIN: f64 = 22.0;
const SWEEPS: usize = 12;
const SIFTS: usize = 4;

/// A placed map.
pub(super) struct Layout {
    pub(super) width: f64,
    pub(super) height: f64,
    /// Width of an item.
    pub(super) node_width: f64,
    /// Items with the left end and the middle of their box.
    pub(super) nodes: Vec<Placed>,
    pub(super) routes: Vec<Route>,
    /// Dependencies between drawn items that are not drawn.
    pub(super) hidden_edges: usize,
}

/// A placed item.
pub(super) struct Placed {
    /// Its place in [`ServiceMap::nodes`].
    pub(super) node: usize,
    pub(super) left: f64,
    pub(super) middle: f64,
}

/// A dependency's way from consumer to provider: straight where two points have one height and
/// curved otherwise.
pub(super) struct Route {
    /// Its place in [`ServiceMap::edges`].
    pub(super) edge: usize,
    pub(super) points: Vec<(f64, f64)>,
}

/// Places a map within about `width` units; deep maps get wider, never smaller.
pub(super) fn place(map: &ServiceMap, width: f64) -> Layout {
    let chosen = Chosen::new(map);
    let layers = layers(&chosen);
    let mut graph = Layered::new(&chosen, &layers);
    graph.reduce_crossings();
    graph.settle();
    graph.layout(&chosen, width)
}

/// The part of a map that is drawn, with local numbers.
struct Chosen {
    /// Places in `ServiceMap::nodes`; those with a dependency.
    linked: Vec<usize>,
    /// Those without.
    alone: Vec<usize>,
    /// Consumer and provider as places in `linked`, the place in `ServiceMap::edges`, the weight.
    edges: Vec<(usize, usize, usize, f64)>,
    hidden_edges: usize,
}

impl Chosen {
    fn new(map: &ServiceMap) -> Self {
        let mut ids = BTreeMap::new();
        for (index, node) in map.nodes.iter().enumerate() {
            ids.entry(node.id.as_str()).or_insert(index);
        }
        let mut pairs = BTreeMap::new();
        for (index, edge) in map.edges.iter().enumerate() {
            let ends = (ids.get(edge.consumer.as_str()), ids.get(edge.provider.as_str()));
            if let (Some(&consumer), Some(&provider)) = ends
                && consumer != provider
            {
                let known = pairs.entry((consumer, provider)).or_insert(index);
                if edge.on_path && !map.edges[*known].on_path {
                    *known = index;
                }
            }
        }
        let kept = most_important(map, ids.into_values().collect(), &pairs);
        let mut edges: Vec<(usize, usize, usize)> = pairs
            .into_iter()
            .filter(|((consumer, provider), _)| kept.contains(consumer) && kept.contains(provider))
            .map(|((consumer, provider), index)| (consumer, provider, index))
            .collect();
        edges.sort_by_key(|&(consumer, provider, index)| {
            (!map.edges[index].on_path, map.nodes[consumer].role.max(map.nodes[provider].role))
        });
        let hidden_edges = edges.len().saturating_sub(MOST_EDGES);
        edges.truncate(MOST_EDGES);
        edges.sort_unstable();
        let ends: BTreeSet<usize> = edges.iter().flat_map(|&(a, b, _)| [a, b]).collect();
        let linked: Vec<usize> = ends.iter().copied().collect();
        let alone = kept.iter().copied().filter(|node| !ends.contains(node)).collect();
        let local = |node: usize| linked.binary_search(&node).unwrap_or(0);
        let weight = |index: usize| if map.edges[index].on_path { 8.0 } else { 1.0 };
        let edges =
            edges.into_iter().map(|(a, b, index)| (local(a), local(b), index, weight(index)));
        Chosen { edges: edges.collect(), linked, alone, hidden_edges }
    }
}

/// The items to draw: by role, then by nearness to an item that is not healthy, then by place.
fn most_important(
    map: &ServiceMap,
    nodes: Vec<usize>,
    pairs: &BTreeMap<(usize, usize), usize>,
) -> BTreeSet<usize> {
    let mut neighbours: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for &(consumer, provider) in pairs.keys() {
        neighbours.entry(consumer).or_default().push(provider);
        neighbours.entry(provider).or_default().push(consumer);
    }
    let hit = nodes.iter().copied().filter(|&node| map.nodes[node].role != Role::Healthy);
    let mut queue: VecDeque<usize> = hit.collect();
    let mut steps: BTreeMap<usize, usize> = queue.iter().map(|&node| (node, 0)).collect();
    while let Some(node) = queue.pop_front() {
        let next = steps[&node] + 1;
        for &neighbour in neighbours.get(&node).into_iter().flatten() {
            steps.entry(neighbour).or_insert_with(|| {
                queue.push_back(neighbour);
                next
            });
        }
    }
    let mut ranked = nodes;
    ranked.sort_by_key(|node| {
        (map.nodes[*node].role, steps.get(node).copied().unwrap_or(usize::MAX), *node)
    });
    ranked.truncate(MOST_NODES);
    ranked.into_iter().collect()
}

/// The edges without cycles: those against the search's direction are turned.
fn acyclic(chosen: &Chosen) -> Vec<(usize, usize)> {
    let count = chosen.linked.len();
    let mut out = vec![Vec::new(); count];
    let mut has_consumer = vec![false; count];
    for (index, &(consumer, provider, ..)) in chosen.edges.iter().enumerate() {
        out[consumer].push((provider, index));
        has_consumer[provider] = true;
    }
    let mut turned = vec![false; chosen.edges.len()];
    // 0 not seen, 1 on the stack, 2 done.
    let mut state = vec![0_u8; count];
    let roots = (0..count).filter(|&node| !has_consumer[node]).chain(0..count);
    for root in roots {
        if state[root] != 0 {
            continue;
        }
        state[root] = 1;
        let mut stack = vec![(root, 0)];
        while let Some((node, next)) = stack.last_mut() {
            let Some(&(provider, index)) = out[*node].get(*next) else {
                state[*node] = 2;
                stack.pop();
                continue;
            };
            *next += 1;
            match state[provider] {
                0 => {
                    state[provider] = 1;
                    stack.push((provider, 0));
                }
                1 => turned[index] = true,
                _ => {}
            }
        }
    }
    let direct = |(index, &(a, b, ..)): (usize, &(usize, usize, usize, f64))| {
        if turned[index] { (b, a) } else { (a, b) }
    };
    chosen.edges.iter().enumerate().map(direct).collect()
}

/// Longest path from the left; then items with more to their right than to their left move there.
fn layers(chosen: &Chosen) -> Vec<usize> {
    let edges = acyclic(chosen);
    let count = chosen.linked.len();
    let mut layer = vec![0; count];
    let mut waiting = vec![0; count];
    let (mut right, mut left) = (vec![Vec::new(); count], vec![Vec::new(); count]);
    for &(from, to) in &edges {
        right[from].push(to);
        left[to].push(from);
        waiting[to] += 1;
    }
    let mut order: Vec<usize> = (0..count).filter(|&node| waiting[node] == 0).collect();
    let mut done = 0;
    while let Some(&node) = order.get(done) {
        done += 1;
        for &next in &right[node] {
            layer[next] = layer[next].max(layer[node] + 1);
            waiting[next] -= 1;
            if waiting[next] == 0 {
                order.push(next);
            }
        }
    }
    for &node in order.iter().rev() {
        if right[node].len() > left[node].len()
            && let Some(nearest) = right[node].iter().map(|&next| layer[next]).min()
        {
            layer[node] = nearest - 1;
        }
    }
    layer
}

/// A vertex of the layered graph: an item, or a piece of a long edge.
struct Vertex {
    layer: usize,
    node: Option<usize>,
    y: f64,
    left: Vec<(usize, f64)>,
    right: Vec<(usize, f64)>,
}

/// The graph with every edge between neighbouring layers.
struct Layered {
    vertices: Vec<Vertex>,
    /// The vertices of each layer from top to bottom.
    rows: Vec<Vec<usize>>,
    /// For each edge its vertices from left to right, and whether it runs to the left.
    chains: Vec<(Vec<usize>, bool)>,
}

impl Layered {
    fn new(chosen: &Chosen, layer: &[usize]) -> Self {
        let depth = layer.iter().max().map_or(0, |deepest| deepest + 1);
        let mut graph =
            Layered { vertices: Vec::new(), rows: vec![Vec::new(); depth], chains: Vec::new() };
        for (node, &layer) in layer.iter().enumerate() {
            graph.add(layer, Some(node));
        }
        for &(consumer, provider, _, weight) in &chosen.edges {
            let turned = layer[consumer] > layer[provider];
            let (from, to) = if turned { (provider, consumer) } else { (consumer, provider) };
            let mut chain = vec![from];
            for between in layer[from] + 1..layer[to] {
                chain.push(graph.add(between, None));
            }
            chain.push(to);
            for pair in chain.windows(2) {
                graph.vertices[pair[0]].right.push((pair[1], weight));
                graph.vertices[pair[1]].left.push((pair[0], weight));
            }
            graph.chains.push((chain, turned));
        }
        graph
    }

    fn add(&mut self, layer: usize, node: Option<usize>) -> usize {
        let vertex = self.vertices.len();
        self.vertices.push(Vertex { layer, node, y: 0.0, left: vec![], right: vec![] });
        self.rows[layer].push(vertex);
        vertex
    }

    /// Sweeps of barycentres to the right and to the left; keeps the best order seen.
    fn reduce_crossings(&mut self) {
        self.start_order();
        let mut best = (self.crossings(), self.rows.clone());
        for sweep in 0..SWEEPS {
            let rightwards = sweep % 2 == 0;
            for step in 0..self.rows.len() {
                let row = if rightwards { step } else { self.rows.len() - 1 - step };
                self.sort_row(row, rightwards);
            }
            let crossings = self.crossings();
            if crossings < best.0 {
                best = (crossings, self.rows.clone());
            }
        }
        self.rows = best.1;
        for _ in 0..SIFTS {
            for row in 0..self.rows.len() {
                self.sift_row(row);
            }
        }
    }

    /// Moves each vertex of a row to where it crosses least; of such places to the one level with
    /// its neighbours.
    fn sift_row(&mut self, row: usize) {
        let mut places = BTreeMap::new();
        for near in [row.checked_sub(1), Some(row + 1)].into_iter().flatten() {
            if near < self.rows.len() {
                places.extend(self.places(near));
            }
        }
        for vertex in self.rows[row].clone() {
            let order = &self.rows[row];
            let here = order.iter().position(|&other| other == vertex).unwrap_or(0);
            // Cost of each place relative to the topmost.
            let mut cost = 0_i64;
            let mut costs = vec![0];
            for &other in order.iter().filter(|&&other| other != vertex) {
                cost += self.crossed(other, vertex, &places) - self.crossed(vertex, other, &places);
                costs.push(cost);
            }
            let wanted = self.wanted_place(vertex, &places).unwrap_or(here as f64);
            let best = (0..costs.len()).min_by(|&a, &b| {
                let far = |place: usize| (place as f64 - wanted).abs();
                costs[a].cmp(&costs[b]).then(far(a).total_cmp(&far(b)))
            });
            let order = &mut self.rows[row];
            order.remove(here);
            order.insert(best.unwrap_or(here), vertex);
        }
    }

    /// The place in its row that is as far down as its neighbours are in theirs, by weight.
    fn wanted_place(&self, vertex: usize, places: &BTreeMap<usize, usize>) -> Option<f64> {
        let of = &self.vertices[vertex];
        let length = |vertex: usize| self.rows[self.vertices[vertex].layer].len() as f64;
        let (mut sum, mut weights) = (0.0, 0.0);
        for &(neighbour, weight) in of.left.iter().chain(&of.right) {
            sum += weight * (places[&neighbour] as f64 + 0.5) / length(neighbour);
            weights += weight;
        }
        (weights > 0.0).then(|| sum / weights * length(vertex) - 0.5)
    }

    /// How often the edges of two vertices of one row cross if `above` stands above `below`.
    fn crossed(&self, above: usize, below: usize, places: &BTreeMap<usize, usize>) -> i64 {
        let (above, below) = (&self.vertices[above], &self.vertices[below]);
        let mut crossed = 0;
        for (upper, lower) in [(&above.left, &below.left), (&above.right, &below.right)] {
            for (end, _) in upper {
                let end = places[end];
                crossed += lower.iter().filter(|(other, _)| end > places[other]).count();
            }
        }
        crossed as i64
    }

    /// The order in which a depth-first walk from the left meets the vertices.
    fn start_order(&mut self) {
        let mut rank = vec![usize::MAX; self.vertices.len()];
        let mut met = 0;
        let starts =
            (0..self.vertices.len()).filter(|&vertex| self.vertices[vertex].left.is_empty());
        for start in starts {
            let mut stack = vec![start];
            while let Some(vertex) = stack.pop() {
                if rank[vertex] == usize::MAX {
                    rank[vertex] = met;
                    met += 1;
                    stack.extend(self.vertices[vertex].right.iter().rev().map(|&(next, _)| next));
                }
            }
        }
        for row in &mut self.rows {
            row.sort_by_key(|&vertex| (rank[vertex], vertex));
        }
    }

    fn places(&self, row: usize) -> BTreeMap<usize, usize> {
        self.rows[row].iter().enumerate().map(|(place, &vertex)| (vertex, place)).collect()
    }

    fn sort_row(&mut self, row: usize, rightwards: bool) {
        let neighbour_row = if rightwards { row.checked_sub(1) } else { Some(row + 1) };
        let Some(neighbour_row) = neighbour_row.filter(|&row| row < self.rows.len()) else {
            return;
        };
        let places = self.places(neighbour_row);
        let centre = |place: usize, vertex: usize| {
            let vertex = &self.vertices[vertex];
            let sides = if rightwards { &vertex.left } else { &vertex.right };
            if sides.is_empty() {
                return place as f64;
            }
            let sum: usize = sides.iter().map(|(neighbour, _)| places[neighbour]).sum();
            sum as f64 / sides.len() as f64
        };
        let mut ranked: Vec<(f64, usize)> = self.rows[row]
            .iter()
            .enumerate()
            .map(|(place, &vertex)| (centre(place, vertex), vertex))
            .collect();
        ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
        self.rows[row] = ranked.into_iter().map(|(_, vertex)| vertex).collect();
    }

    /// Crossings between all neighbouring layers: inversions, counted with a binary indexed tree.
    fn crossings(&self) -> usize {
        let mut crossings = 0;
        for row in 0..self.rows.len().saturating_sub(1) {
            let places = self.places(row + 1);
            let mut seen = vec![0_usize; places.len() + 1];
            let mut total = 0;
            for vertex in &self.rows[row] {
                let right = &self.vertices[*vertex].right;
                let mut ends: Vec<usize> = right.iter().map(|(end, _)| places[end] + 1).collect();
                ends.sort_unstable();
                for &end in &ends {
                    let (mut before, mut index) = (0, end);
                    while index > 0 {
                        before += seen[index];
                        index &= index - 1;
                    }
                    crossings += total - before;
                }
                for end in ends {
                    total += 1;
                    let mut index = end;
                    while index < seen.len() {
                        seen[index] += 1;
                        index += index & index.wrapping_neg();
                    }
                }
            }
        }
        crossings
    }

    /// Heights: means of the neighbours' in sweeps to the right, to the left, to both sides.
    fn settle(&mut self) {
        for row in 0..self.rows.len() {
            let offsets = self.offsets(row);
            for (place, offset) in offsets.into_iter().enumerate() {
                self.vertices[self.rows[row][place]].y = offset;
            }
        }
        for sweep in 0..3 * SWEEPS {
            for step in 0..self.rows.len() {
                let row = if sweep % 2 == 0 { step } else { self.rows.len() - 1 - step };
                self.settle_row(row, sweep);
            }
        }
    }

    fn settle_row(&mut self, row: usize, sweep: usize) {
        let wanted = |vertex: &Vertex| {
            let (left, right) = match sweep {
                _ if sweep + 4 >= 3 * SWEEPS => (&vertex.left[..], &vertex.right[..]),
                _ if sweep.is_multiple_of(2) => (&vertex.left[..], &[][..]),
                _ => (&[][..], &vertex.right[..]),
            };
            let (mut sum, mut weight) = (0.0, 0.0);
            for &(neighbour, edge) in left.iter().chain(right) {
                sum += self.vertices[neighbour].y * edge;
                weight += edge;
            }
            // What has no neighbour there stays where it is, with little insistence.
            if weight > 0.0 { (sum / weight, weight) } else { (vertex.y, 0.2) }
        };
        let wishes: Vec<(f64, f64)> =
            self.rows[row].iter().map(|&vertex| wanted(&self.vertices[vertex])).collect();
        let offsets = self.offsets(row);
        for (place, y) in kept_apart(&wishes, &offsets).into_iter().enumerate() {
            self.vertices[self.rows[row][place]].y = y;
        }
    }

    /// The closest possible places of a row, the first at 0.
    fn offsets(&self, row: usize) -> Vec<f64> {
        let mut offset = 0.0;
        let mut above: Option<bool> = None;
        let place = |&vertex: &usize| {
            let real = self.vertices[vertex].node.is_some();
            offset += match (above, real) {
                (None, _) => 0.0,
                (Some(true), true) => NODE_HEIGHT + 16.0,
                (Some(false), false) => 13.0,
                _ => NODE_HEIGHT / 2.0 + 13.0,
            };
            above = Some(real);
            offset
        };
        self.rows[row].iter().map(place).collect()
    }

    fn layout(&self, chosen: &Chosen, width: f64) -> Layout {
        let columns = self.rows.len().max(1) as f64;
        let gap = if columns > 5.0 { 36.0 } else { 56.0 };
        let node_width = ((width - 2.0 * MARGIN + gap) / columns - gap).clamp(136.0, 220.0);
        let pitch = node_width + gap;
        let ys = self.vertices.iter().map(|vertex| vertex.y);
        let (top, bottom) = ys.fold((f64::MAX, f64::MIN), |(a, b), y| (a.min(y), b.max(y)));
        let (top, bottom) = if top > bottom { (0.0, -NODE_HEIGHT) } else { (top, bottom) };
        let shift = MARGIN + NODE_HEIGHT / 2.0 - top;
        let place = |vertex: &Vertex| (MARGIN + vertex.layer as f64 * pitch, vertex.y + shift);
        let mut nodes: Vec<Placed> = Vec::new();
        for vertex in &self.vertices {
            let (left, middle) = place(vertex);
            nodes.extend(vertex.node.map(|n| Placed { node: chosen.linked[n], left, middle }));
        }
        let route = |((chain, turned), edge): (&(Vec<usize>, bool), usize)| {
            let mut points = Vec::new();
            for (index, &vertex) in chain.iter().enumerate() {
                let (left, y) = place(&self.vertices[vertex]);
                if index > 0 {
                    points.push((left, y));
                }
                if index + 1 < chain.len() {
                    points.push((left + node_width, y));
                }
            }
            if *turned {
                points.reverse();
            }
            Route { edge, points }
        };
        let edges = chosen.edges.iter().map(|&(_, _, edge, _)| edge);
        let routes = self.chains.iter().zip(edges).map(route).collect();
        // Items without dependencies: a grid of their own under the rest.
        let width = width.max(columns * pitch - gap + 2.0 * MARGIN);
        let mut height = bottom + shift + NODE_HEIGHT / 2.0 + MARGIN;
        let per_line = (((width - 2.0 * MARGIN + gap) / pitch) as usize).max(1);
        for (index, &node) in chosen.alone.iter().enumerate() {
            let left = MARGIN + (index % per_line) as f64 * pitch;
            let middle =
                height + NODE_HEIGHT / 2.0 + (index / per_line) as f64 * (NODE_HEIGHT + 16.0);
            nodes.push(Placed { node, left, middle });
        }
        let lines = chosen.alone.len().div_ceil(per_line) as f64;
        height += lines * (NODE_HEIGHT + 16.0);
        Layout { width, height, node_width, nodes, routes, hidden_edges: chosen.hidden_edges }
    }
}

/// The places nearest to what is wished for (least squares by weight) that keep order and distance:
/// isotonic regression by pooling adjacent violators.
fn kept_apart(wishes: &[(f64, f64)], offsets: &[f64]) -> Vec<f64> {
    // Pools of neighbours that have to touch: sum of weighted wishes, weight, how many.
    let mut pools: Vec<(f64, f64, usize)> = Vec::new();
    for (&(wish, weight), &offset) in wishes.iter().zip(offsets) {
        let mut pool = ((wish - offset) * weight, weight, 1);
        while let Some(last) = pools.last() {
            if last.0 / last.1 < pool.0 / pool.1 {
                break;
            }
            pool = (pool.0 + last.0, pool.1 + last.1, pool.2 + last.2);
            pools.pop();
        }
        pools.push(pool);
    }
    let means =
        pools.iter().flat_map(|&(sum, weight, count)| std::iter::repeat_n(sum / weight, count));
    means.zip(offsets).map(|(mean, offset)| mean + offset).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{MapEdge, MapNode};
    use super::*;

    fn map(nodes: usize, edges: &[(usize, usize)]) -> ServiceMap {
        let id = |index: usize| format!("n{index:04}");
        let node = |index| MapNode {
            id: id(index),
            class: "service".into(),
            role: if index == 0 { Role::Cause } else { Role::Healthy },
            impact: String::new(),
        };
        let edge =
            |&(a, b): &(usize, usize)| MapEdge { consumer: id(a), provider: id(b), on_path: false };
        let edges = edges.iter().map(edge).collect();
        ServiceMap { nodes: (0..nodes).map(node).collect(), edges, left_out: 0 }
    }

    fn overlaps(layout: &Layout) -> bool {
        layout.nodes.iter().enumerate().any(|(index, a)| {
            layout.nodes[..index].iter().any(|b| {
                (a.left - b.left).abs() < layout.node_width
                    && (a.middle - b.middle).abs() < NODE_HEIGHT
            })
        })
    }

    #[test]
    fn consumers_stand_left_of_their_providers() {
        let layout = place(&map(4, &[(0, 1), (1, 2), (0, 2), (3, 2)]), 800.0);
        let left = |node| layout.nodes.iter().find(|placed| placed.node == node).unwrap().left;
        assert!(left(0) < left(1) && left(1) < left(2) && left(3) < left(2));
        assert_eq!(layout.routes.len(), 4);
        assert!(!overlaps(&layout));
    }

    #[test]
    fn cycles_and_loops_end() {
        let layout = place(&map(3, &[(0, 1), (1, 2), (2, 0), (1, 1)]), 800.0);
        assert_eq!((layout.nodes.len(), layout.routes.len()), (3, 3));
        for route in &layout.routes {
            assert!(route.points.len() >= 2);
        }
    }

    #[test]
    fn nothing_and_one_alone() {
        let empty = place(&ServiceMap::default(), 800.0);
        assert!(empty.nodes.is_empty() && empty.width > 0.0 && empty.height > 0.0);
        let one = place(&map(1, &[]), 800.0);
        assert_eq!(one.nodes.len(), 1);
        assert!(one.nodes[0].middle + NODE_HEIGHT / 2.0 <= one.height);
    }

    #[test]
    fn a_large_map_is_cut_to_what_matters() {
        let edges: Vec<(usize, usize)> =
            (0..500).flat_map(|a| (1..9).map(move |step| (a, (a * 7 + step * 31) % 500))).collect();
        let layout = place(&map(500, &edges), 1100.0);
        assert_eq!(layout.nodes.len(), MOST_NODES);
        assert!(layout.routes.len() <= MOST_EDGES);
        assert!(layout.nodes.iter().any(|placed| placed.node == 0), "the cause is drawn");
        assert!(!overlaps(&layout));
    }

    #[test]
    fn a_tree_in_any_order_has_no_crossing() {
        let edges = [(0, 1), (0, 2), (1, 5), (2, 3), (1, 6), (2, 4), (0, 7), (7, 8)];
        let chosen = Chosen::new(&map(9, &edges));
        let mut graph = Layered::new(&chosen, &layers(&chosen));
        graph.reduce_crossings();
        assert_eq!(graph.crossings(), 0);
    }

    #[test]
    fn neighbours_are_kept_apart_around_their_mean() {
        assert_eq!(kept_apart(&[(10.0, 1.0), (10.0, 1.0)], &[0.0, 4.0]), [8.0, 12.0]);
        assert_eq!(kept_apart(&[(0.0, 1.0), (90.0, 1.0)], &[0.0, 4.0]), [0.0, 90.0]);
    }
}
