//! Random formulas, and what they are worth by going through all states: for tests.

use super::formula::{Formula, Formulas, Id};
use super::probability::Probability;

pub(super) struct Trial {
    pub(super) formulas: Formulas,
    pub(super) root: Id,
    /// The chance that the root is up.
    pub(super) up: f64,
}

/// A formula of gates over gates; components fail with a chance of up to `most`.
pub(super) fn trial(seed: u64, components: usize, gates: usize, most: f64) -> Trial {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) + 1;
    let mut below = |end: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) as usize % end
    };
    let downs: Vec<f64> = (0..components).map(|_| most * below(1001) as f64 / 1000.0).collect();
    let chances: Vec<Probability> =
        downs.iter().map(|&down| Probability::from_down(down)).collect();
    let mut formulas = Formulas::new(chances);
    // Two constants come first.
    let mut made: Vec<Id> = (0..components as Id).map(|component| component + 2).collect();
    for _ in 0..gates {
        let count = 2 + below(4);
        let recent = made.len().saturating_sub(components + 4);
        let members: Vec<(Id, u32)> = (0..count)
            .map(|_| (made[recent + below(made.len() - recent)], 1 + below(5) as u32 / 4))
            .collect();
        let total: u32 = members.iter().map(|member| member.1).sum();
        let gate = match below(3) {
            0 => formulas.all(members),
            1 => formulas.gate(1, members),
            _ => formulas.gate(1 + below(total as usize) as u32, members),
        };
        made.push(gate);
    }
    let ends: Vec<(Id, u32)> =
        made[made.len() - 4.min(gates)..].iter().map(|&id| (id, 1)).collect();
    let root = if below(2) == 0 { formulas.all(ends) } else { made[made.len() - 1] };
    let up = (0..1usize << components)
        .filter(|&state| is_up(&formulas, root, state))
        .map(|state| {
            let chance = |part: usize| match state >> part & 1 {
                1 => 1.0 - downs[part],
                _ => downs[part],
            };
            (0..components).map(chance).product::<f64>()
        })
        .sum();
    Trial { formulas, root, up }
}

fn is_up(formulas: &Formulas, root: Id, state: usize) -> bool {
    let mut up = vec![false; root as usize + 1];
    for id in 0..=root {
        up[id as usize] = match formulas.formula(id) {
            Formula::Constant(up) => up,
            Formula::Component(component) => state >> component & 1 == 1,
            Formula::Gate { need, .. } => {
                let members = formulas.members(id).iter().filter(|member| up[member.0 as usize]);
                members.map(|member| member.1).sum::<u32>() >= need
            }
        };
    }
    up[root as usize]
}
