//! Which failures take the service down together? The cut sets that weigh something.
//!
//! From the components up, every gate gets the sets of components whose common failure takes it
//! down: for what needs all its members the sets of the members, for a redundant gate their
//! unions (Fussell and Vesely, "A new methodology for obtaining cut sets for fault trees", 1972).
//! A set that is less likely than a threshold is dropped where it comes up, and its probability
//! is added to what is *lost*. As long as nothing dropped happens, each gate is down if and only
//! if one of its sets has failed: so the service is down with one of its sets at least, and at
//! most with those or with something lost. No independence of deep parts is assumed for that,
//! which is why it holds for graphs in which everything shares everything far down.
//!
//! What the sets that were kept come to is for [`survival`](super::survival) to say. The threshold
//! is lowered until the bounds are close enough or the work is done; memory is bounded by
//! [`MOST_SETS`]. Reliable parts make short lists. Where ten members of a gate are down half of the
//! time the lists have no end, and the bounds stay what they were.

use super::formula::{Formula, Formulas, Id};
use super::probability::Probability;
use super::survival;

/// A set of more components is dropped.
pub(super) const MOST_COMPONENTS: usize = 10;
/// The sets of all gates together; some 70 MB.
const MOST_SETS: usize = 1 << 20;
/// The first threshold and by what it is lowered.
const THRESHOLD: f64 = 1e-7;
const STEP: f64 = 1.0 / 16.0;
const LEAST_THRESHOLD: f64 = 1e-22;
/// Supersets are looked for in lists up to this long; equal sets always.
const ABSORBED: usize = 2048;

/// Components whose common failure takes something down.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Cut {
    /// The chance that all fail.
    pub(super) chance: f64,
    /// The components as bits.
    mask: u128,
    len: u32,
    of: [u32; MOST_COMPONENTS],
}

/// Bounds from cut sets.
#[derive(Clone, Copy, Debug)]
pub(super) struct CutBounds {
    pub(super) lower: Probability,
    pub(super) upper: Probability,
    /// The cut sets they come from.
    pub(super) sets: u64,
    /// What they cost.
    pub(super) work: u64,
}

impl Cut {
    /// What is down in any case.
    const NONE: Cut = Cut { chance: 1.0, mask: 0, len: 0, of: [0; MOST_COMPONENTS] };

    pub(super) fn components(&self) -> &[u32] {
        &self.of[..self.len as usize]
    }

    fn is_within(&self, other: &Cut) -> bool {
        self.mask & !other.mask == 0
            && self.len <= other.len
            && self.components().iter().all(|part| other.components().contains(part))
    }
}

/// Bounds of the probability that a formula is up, within so much work.
pub(super) fn bounds(formulas: &Formulas, root: Id, tolerance: f64, work: u64) -> CutBounds {
    let order = order(formulas, root);
    let (lower, upper) = (Probability::DOWN, Probability::UP);
    let mut best = CutBounds { lower, upper, sets: 0, work: 0 };
    let (mut threshold, mut before, mut kept) = (THRESHOLD, 0, None);
    // The lists may take a third of the work, the union the rest.
    while threshold > LEAST_THRESHOLD && best.work < work / 3 {
        let left = work / 3 - best.work;
        let mut lists = Lists { formulas, threshold, lost: 0.0, greatest: 0.0, done: 0, left };
        let cuts = lists.root(&order);
        best.work += lists.done;
        let Some(cuts) = cuts else { break };
        let lost = Probability::from_down((lists.lost * (1.0 + 1e-9)).min(1.0));
        let product = cuts.iter().map(|cut| Probability::from_down(cut.chance));
        let near = product.fold(Probability::UP, Probability::and).up * lost.down;
        kept = Some((cuts, lost, near));
        if near <= tolerance / 2.0 {
            break;
        }
        let growth = (lists.done / before.max(1)).clamp(1, 6);
        before = lists.done;
        let step = if best.work + lists.done * growth > work / 3 { STEP.sqrt() } else { STEP };
        // Far enough that something more is kept.
        threshold = (threshold * step).min(lists.greatest * 0.99);
    }
    let Some((cuts, lost, near)) = kept else { return best };
    let aim = (tolerance - near).max(tolerance / 2.0).max(near / 4.0);
    let survived = survival::survival(formulas, &cuts, aim, work - best.work.min(work));
    let sets = cuts.len() as u64;
    let work = best.work + survived.work;
    CutBounds { lower: survived.lower.and(lost), upper: survived.upper, sets, work }
}

/// What the root hangs on, members first.
pub(super) fn order(formulas: &Formulas, root: Id) -> Vec<(Id, u32)> {
    let mut uses = std::collections::BTreeMap::new();
    uses.insert(root, 1u32);
    let mut stack = vec![root];
    while let Some(id) = stack.pop() {
        for &(member, _) in formulas.members(id) {
            let count = uses.entry(member).or_insert(0);
            *count += 1;
            if *count == 1 {
                stack.push(member);
            }
        }
    }
    uses.into_iter().collect()
}

/// A bit for a component: neighbours in number, which meet often, have different ones.
fn bit(component: u32) -> u128 {
    1 << (component % 127)
}

struct Lists<'a> {
    formulas: &'a Formulas,
    threshold: f64,
    lost: f64,
    /// The most that was dropped at once.
    greatest: f64,
    done: u64,
    left: u64,
}

impl Lists<'_> {
    /// The sets of the last of these formulas, none if there is no room for them.
    fn root(&mut self, order: &[(Id, u32)]) -> Option<Vec<Cut>> {
        let place = |id: Id| order.partition_point(|other| other.0 < id);
        let mut uses: Vec<u32> = order.iter().map(|of| of.1).collect();
        let mut lists: Vec<Vec<Cut>> = vec![Vec::new(); order.len()];
        let mut kept = 0;
        for (index, &(id, _)) in order.iter().enumerate() {
            let list = match self.formulas.formula(id) {
                Formula::Constant(true) => Vec::new(),
                Formula::Constant(false) => vec![Cut::NONE],
                Formula::Component(component) => self.component(component),
                Formula::Gate { need, .. } => {
                    let members = self.formulas.members(id);
                    let of: Vec<usize> = members.iter().map(|member| place(member.0)).collect();
                    let list = if self.formulas.needs_all(id) {
                        let all = of.iter().flat_map(|&part| lists[part].iter().copied());
                        self.tidy(all.collect())
                    } else {
                        let parts: Vec<(&[Cut], u32)> = of
                            .iter()
                            .zip(members)
                            .map(|(&part, member)| (lists[part].as_slice(), member.1))
                            .collect();
                        self.redundant(need, &parts)?
                    };
                    for &part in &of {
                        uses[part] -= 1;
                        if uses[part] == 0 {
                            kept -= lists[part].len();
                            lists[part] = Vec::new();
                        }
                    }
                    list
                }
            };
            kept += list.len();
            if kept > MOST_SETS || self.done > self.left {
                return None;
            }
            lists[index] = list;
        }
        lists.pop()
    }

    fn drop(&mut self, chance: f64) {
        self.lost += chance;
        self.greatest = self.greatest.max(chance);
    }

    fn component(&mut self, component: u32) -> Vec<Cut> {
        let chance = self.formulas.probability(component).down;
        let mut cut = Cut { chance, mask: bit(component), len: 1, ..Cut::NONE };
        cut.of[0] = component;
        if chance >= self.threshold {
            return vec![cut];
        }
        self.drop(chance);
        Vec::new()
    }

    /// The sets that take down so much of the weight that less than `need` is left: member by
    /// member, by the weight that is down.
    fn redundant(&mut self, need: u32, members: &[(&[Cut], u32)]) -> Option<Vec<Cut>> {
        let total: u32 = members.iter().map(|member| member.1).sum();
        let down = (total - need + 1) as usize;
        let mut after = total as usize;
        let mut by_weight: Vec<Vec<Cut>> = vec![Vec::new(); down + 1];
        by_weight[0].push(Cut::NONE);
        for &(list, weight) in members {
            let weight = weight as usize;
            after -= weight;
            for below in (0..down).rev() {
                if by_weight[below].is_empty() {
                    continue;
                }
                let reached = (below + weight).min(down);
                if reached + after >= down {
                    let product = self.product(&by_weight[below], list);
                    let joined = std::mem::take(&mut by_weight[reached]);
                    by_weight[reached] = match joined.is_empty() {
                        true => product,
                        false => joined.into_iter().chain(product).collect(),
                    };
                    if by_weight[reached].len() > 64 {
                        let list = std::mem::take(&mut by_weight[reached]);
                        by_weight[reached] = self.tidy(list);
                    }
                }
                if below + after < down {
                    by_weight[below] = Vec::new();
                }
                if self.done > self.left || by_weight[reached].len() > MOST_SETS {
                    return None;
                }
            }
        }
        let list = by_weight.pop().unwrap_or_default();
        Some(self.tidy(list))
    }

    /// The union of each with each.
    fn product(&mut self, left: &[Cut], right: &[Cut]) -> Vec<Cut> {
        let mut made = Vec::new();
        for a in left {
            self.done += right.len() as u64 / 16 + 1;
            if self.done > self.left {
                break;
            }
            for b in right {
                let apart = a.mask & b.mask == 0;
                let chance = a.chance * b.chance;
                if apart && chance < self.threshold {
                    self.drop(chance);
                    continue;
                }
                self.done += 2;
                match self.union(a, b) {
                    Ok(cut) => made.push(cut),
                    Err(chance) => self.drop(chance),
                }
            }
        }
        made
    }

    /// Both together, or how likely that is if it is dropped.
    fn union(&self, a: &Cut, b: &Cut) -> Result<Cut, f64> {
        let (a, b) = if a.len < b.len { (b, a) } else { (a, b) };
        let mut cut = *a;
        cut.mask |= b.mask;
        for &part in b.components() {
            if !a.components().contains(&part) {
                cut.chance *= self.formulas.probability(part).down;
                if let Some(place) = cut.of.get_mut(cut.len as usize) {
                    *place = part;
                    cut.len += 1;
                } else {
                    return Err(cut.chance);
                }
            }
        }
        if cut.chance < self.threshold {
            return Err(cut.chance);
        }
        if cut.len > a.len {
            cut.of[..cut.len as usize].sort_unstable();
        }
        Ok(cut)
    }

    /// Each set once, and none that contains another.
    fn tidy(&mut self, mut list: Vec<Cut>) -> Vec<Cut> {
        if list.len() < 2 {
            return list;
        }
        self.done += list.len() as u64;
        list.sort_unstable_by(|a, b| {
            a.len.cmp(&b.len).then_with(|| a.components().cmp(b.components()))
        });
        list.dedup_by(|later, kept| later.components() == kept.components());
        let longest = list.last().map_or(0, |cut| cut.len);
        if list[0].len == longest || list.len() > ABSORBED {
            return list;
        }
        let mut kept: Vec<Cut> = Vec::with_capacity(list.len());
        for cut in list {
            let shorter = kept.partition_point(|other| other.len < cut.len);
            self.done += shorter as u64 / 8;
            if !kept[..shorter].iter().any(|other| other.is_within(&cut)) {
                kept.push(cut);
            }
        }
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::super::trial::trial;
    use super::*;

    #[test]
    fn the_truth_lies_between_at_any_effort() {
        let (mut near, mut rough) = (0, 0);
        for seed in 0..2000 {
            let most = [0.9, 0.3, 0.05, 0.001][seed as usize % 4];
            let trial = trial(seed, 4 + seed as usize % 8, 3 + seed as usize % 12, most);
            for work in [3, 50, 800, 200_000] {
                let found = bounds(&trial.formulas, trial.root, 1e-9, work);
                let (low, high) = (found.lower.up, found.upper.up);
                assert!(low <= trial.up + 1e-12, "{seed} {work}: {low} for {}", trial.up);
                assert!(high >= trial.up - 1e-12, "{seed} {work}: {high} for {}", trial.up);
                near += u32::from(work == 200_000 && high - low < 1e-6);
                rough += u32::from(work < 1000 && high - low > 1e-9 && found.sets > 0);
            }
        }
        assert!(near > 1500, "{near} are near");
        assert!(rough > 30, "{rough} are rough");
    }
}
