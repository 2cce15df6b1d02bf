//! Which items are how far apart.
//!
//! Links have no direction here: an influence may run either way. A ring of more than
//! [`WIDEST_RING`] items is not looked at, nor what lies behind it: who neighbours everybody tells
//! nothing, and the work stays bounded. The rule does not ask for names, so none is preferred.

/// The most items at one distance of another.
const WIDEST_RING: usize = 64;

/// Links between items as adjacency lists.
#[derive(Debug)]
pub(super) struct Links {
    starts: Vec<usize>,
    neighbours: Vec<u32>,
}

impl Links {
    /// From pairs of items below `items`; loops and repetitions say nothing.
    pub(super) fn new(items: usize, pairs: &[(u32, u32)]) -> Self {
        let both = pairs.iter().flat_map(|&(a, b)| [(a, b), (b, a)]);
        let mut both: Vec<(u32, u32)> = both.filter(|(a, b)| a != b).collect();
        both.sort_unstable();
        both.dedup();
        let starts =
            (0..=items).map(|item| both.partition_point(|(a, _)| (*a as usize) < item)).collect();
        Links { starts, neighbours: both.into_iter().map(|(_, b)| b).collect() }
    }

    fn of(&self, item: u32) -> &[u32] {
        &self.neighbours[self.starts[item as usize]..self.starts[item as usize + 1]]
    }
}

/// A walk outward from one item after another that keeps its memory.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    links: &'a Links,
    seen: Vec<u32>,
    round: u32,
    rings: Vec<Vec<u32>>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(links: &'a Links, hops: u32) -> Self {
        let rings = (0..=hops).map(|_| Vec::new()).collect();
        Walk { links, seen: vec![0; links.starts.len() - 1], round: 0, rings }
    }

    /// The items at 0, 1, … hops of `item`, each ring in the order of numbers.
    pub(super) fn around(&mut self, item: u32) -> &[Vec<u32>] {
        if self.round == u32::MAX {
            self.seen.fill(0);
            self.round = 0;
        }
        self.round += 1;
        self.seen[item as usize] = self.round;
        self.rings.iter_mut().for_each(Vec::clear);
        self.rings[0].push(item);
        for distance in 1..self.rings.len() {
            let (inner, outer) = self.rings.split_at_mut(distance);
            let next = &mut outer[0];
            for &near in &inner[distance - 1] {
                for &far in self.links.of(near) {
                    if self.seen[far as usize] != self.round {
                        self.seen[far as usize] = self.round;
                        next.push(far);
                    }
                }
            }
            if next.len() > WIDEST_RING {
                next.clear();
                break;
            }
            next.sort_unstable();
        }
        &self.rings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rings_go_through_cycles_once() {
        let links = Links::new(5, &[(0, 1), (1, 2), (2, 3), (3, 0), (0, 0), (1, 0)]);
        let mut walk = Walk::new(&links, 3);
        assert_eq!(walk.around(0), [vec![0], vec![1, 3], vec![2], vec![]]);
        assert_eq!(walk.around(4), [vec![4], vec![], vec![], vec![]]);
    }

    #[test]
    fn a_hub_is_not_looked_through() {
        let spokes: Vec<(u32, u32)> = (1..300).map(|spoke| (0, spoke)).collect();
        let links = Links::new(300, &spokes);
        let mut walk = Walk::new(&links, 2);
        assert_eq!(walk.around(0), [vec![0], vec![], vec![]]);
        assert_eq!(walk.around(7), [vec![7], vec![0], vec![]]);
    }
}
