//! Fits costs to measurements.

/// Rounds of the descent: far more than these few unknowns need.
const ROUNDS: usize = 20_000;

/// What each unit costs so that `units × costs` comes closest to `total` in all rows, relative to it; no cost is below
/// zero. A row is the number of units of each kind, and the total.
pub(super) fn costs<const N: usize>(rows: &[([f64; N], f64)]) -> [f64; N] {
    // Relative errors: every row is divided by its total.
    let rows: Vec<[f64; N]> = rows
        .iter()
        .filter(|(_, total)| *total > 0.0)
        .map(|(units, total)| units.map(|count| count / total))
        .collect();
    let mut costs = [0.0; N];
    for round in 0..ROUNDS {
        let kind = round % N;
        // The best value of one cost while the others stay (coordinate descent).
        let (mut above, mut below) = (0.0, 0.0);
        for row in &rows {
            let others: f64 = (0..N)
                .filter(|other| *other != kind)
                .map(|other| row[other] * costs[other])
                .sum();
            above += row[kind] * (1.0 - others);
            below += row[kind] * row[kind];
        }
        if below > 0.0 {
            costs[kind] = f64::max(above / below, 0.0);
        }
    }
    costs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_costs_are_found_again() {
        let truth = [3.0, 0.0, 0.5];
        let units = [
            [1.0, 1.0, 1.0],
            [1.0, 5.0, 10.0],
            [4.0, 2.0, 1.0],
            [2.0, 2.0, 60.0],
        ];
        let rows = units.map(|units| (units, units.iter().zip(truth).map(|(n, cost)| n * cost).sum()));
        for (found, cost) in costs(&rows).into_iter().zip(truth) {
            assert!((found - cost).abs() < 1e-6, "{found} is not {cost}");
        }
    }
}
