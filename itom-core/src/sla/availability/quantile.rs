//! Quantiles of the beta, gamma and normal distributions, accurate to about 1e-12.
//!
//! The densities met here, x^a (1-x)^b and x^a e^-x with whole a and b, have one peak and a
//! logarithm that is known without cancellation as a deviance from the peak (Loader, "Fast and
//! accurate computation of binomial probabilities", 2000). So a tail is integrated over the whole
//! by Gauss and Legendre's rule on panels that follow the peak, at a cost that does not depend on
//! a and b: 10^12 trials cost what ten do. The logarithm of a tail of such a density is concave,
//! hence Newton's method from the outside never overshoots. Transcendental functions are libm's:
//! the same bits everywhere.

/// Of the whole a density below this factor of its peak is left out.
const NEGLIGIBLE: f64 = -48.0;
const PANELS: usize = 24;

/// A density on an interval by its logarithm relative to the peak.
trait Density {
    /// Where it is highest.
    fn peak(&self) -> f64;
    /// The logarithm at `peak + offset` less that at the peak; minus infinity outside.
    fn log(&self, offset: f64) -> f64;
}

/// x^a (1-x)^b on [0, 1].
struct Beta {
    a: f64,
    b: f64,
}

/// x^a e^-x on [0, infinity).
struct Gamma {
    a: f64,
}

/// u - ln(1 + u), without cancellation near zero.
fn deviance(u: f64) -> f64 {
    if u <= -1.0 {
        return f64::INFINITY;
    }
    if u.abs() > 0.1 {
        return u - libm::log1p(u);
    }
    // ln((1+v)/(1-v)) with v = u / (2 + u); u - 2v = u v.
    let v = u / (2.0 + u);
    let (square, mut power, mut sum) = (v * v, v, 0.0);
    for odd in 1..10 {
        power *= square;
        sum += power / f64::from(2 * odd + 1);
    }
    u * v - 2.0 * sum
}

impl Density for Beta {
    fn peak(&self) -> f64 {
        if self.a + self.b == 0.0 { 0.5 } else { self.a / (self.a + self.b) }
    }
    fn log(&self, offset: f64) -> f64 {
        let (peak, opposite) = (self.peak(), self.b / (self.a + self.b).max(1.0));
        let at = peak + offset;
        if !(0.0..=1.0).contains(&at) {
            return f64::NEG_INFINITY;
        }
        // With a or b zero the peak is at an end: the logarithm itself is exact there.
        match (self.a == 0.0, self.b == 0.0) {
            (true, true) => 0.0,
            (true, false) => self.b * libm::log1p(-offset),
            (false, true) => self.a * libm::log1p(offset),
            (false, false) => {
                -self.a * deviance(offset / peak) - self.b * deviance(-offset / opposite)
            }
        }
    }
}

impl Density for Gamma {
    fn peak(&self) -> f64 {
        self.a
    }
    fn log(&self, offset: f64) -> f64 {
        if self.a + offset < 0.0 {
            return f64::NEG_INFINITY;
        }
        if self.a == 0.0 { -offset } else { -self.a * deviance(offset / self.a) }
    }
}

/// Where, going from `from` in the direction of `sign`, the density has become negligible.
fn end(density: &impl Density, from: f64, sign: f64) -> f64 {
    let least = density.log(from).min(0.0) + NEGLIGIBLE;
    let mut step = 1e-20;
    while density.log(from + sign * step) > least {
        step *= 2.0;
    }
    let (mut near, mut far) = (step / 2.0, step);
    for _ in 0..60 {
        let middle = 0.5 * (near + far);
        if density.log(from + sign * middle) > least {
            near = middle;
        } else {
            far = middle;
        }
    }
    from + sign * far
}

/// The integral of the density over its peak's height between two offsets in either order, `scale` taken
/// off the logarithm.
fn integral(density: &impl Density, from: f64, to: f64, scale: f64) -> f64 {
    // Nodes and weights of order 10, half of each (Abramowitz and Stegun, table 25.4).
    const RULE: [(f64, f64); 5] = [
        (0.148_874_338_981_631_21, 0.295_524_224_714_752_87),
        (0.433_395_394_129_247_2, 0.269_266_719_309_996_36),
        (0.679_409_568_299_024_4, 0.219_086_362_515_982_04),
        (0.865_063_366_688_984_5, 0.149_451_349_150_580_6),
        (0.973_906_528_517_171_7, 0.066_671_344_308_688_14),
    ];
    let half = (to - from) / (2 * PANELS) as f64;
    let mut sum = 0.0;
    for panel in 0..PANELS {
        let middle = from + half * (2 * panel + 1) as f64;
        for (node, weight) in RULE {
            let low = libm::exp(density.log(middle - half * node) - scale);
            let high = libm::exp(density.log(middle + half * node) - scale);
            sum += weight * (low + high);
        }
    }
    (sum * half).abs()
}

/// The offset from the peak below which (or above which, if `above`) the density has the share
/// `tail` of the whole, `tail` being in (0, 1).
fn tail_offset(density: &impl Density, tail: f64, above: bool) -> f64 {
    let (left, right) = (end(density, 0.0, -1.0), end(density, 0.0, 1.0));
    let whole = integral(density, left, 0.0, 0.0) + integral(density, 0.0, right, 0.0);
    let sign = if above { 1.0 } else { -1.0 };
    // From outside, where the tail is too small; bracketed, should rounding disagree.
    let (mut outer, mut inner) = if above { (right, left) } else { (left, right) };
    let mut at = 0.0;
    for _ in 0..100 {
        let height = density.log(at);
        let mass = if height.is_finite() {
            integral(density, at, end(density, at, sign), height)
        } else {
            0.0
        };
        let log_share = libm::log(mass / whole) + height;
        let excess = log_share - libm::log(tail);
        if excess > 0.0 {
            inner = at
        } else {
            outer = at
        }
        // d ln(tail) / d offset = -sign / mass, mass being relative to the height here.
        let newton = at + sign * excess * mass;
        let inside = (newton - inner) * sign > 0.0 && (outer - newton) * sign > 0.0;
        let next = if inside { newton } else { 0.5 * (inner + outer) };
        if (next - at).abs() <= 1e-15 * (at.abs() + (outer - inner).abs() * 1e-3) {
            return next;
        }
        at = next;
    }
    at
}

/// The x at which the share `tail` of Beta(a + 1, b + 1) lies below it (above it, if `above`).
pub(super) fn beta(a: u64, b: u64, tail: f64, above: bool) -> f64 {
    let density = Beta { a: a as f64, b: b as f64 };
    (density.peak() + tail_offset(&density, tail, above)).clamp(0.0, 1.0)
}

/// The x at which the share `tail` of Gamma(a + 1) lies above it.
pub(super) fn gamma_above(a: u64, tail: f64) -> f64 {
    let density = Gamma { a: a as f64 };
    density.peak() + tail_offset(&density, tail, true)
}

/// The z that a standard normal exceeds with chance `tail`, in (0, 1).
pub(in crate::sla) fn normal_above(tail: f64) -> f64 {
    if tail > 0.5 {
        return -normal_above(1.0 - tail);
    }
    // Abramowitz and Stegun 26.2.23, within 4.5e-4; then Newton on the logarithm.
    let t = (-2.0 * libm::log(tail)).sqrt();
    let above = 2.515_517 + t * (0.802_853 + t * 0.010_328);
    let below = 1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308));
    let mut z = t - above / below;
    for _ in 0..6 {
        let chance = 0.5 * libm::erfc(z / std::f64::consts::SQRT_2);
        let density = libm::exp(-0.5 * z * z) / (2.0 * std::f64::consts::PI).sqrt();
        z += (libm::log(chance) - libm::log(tail)) * chance / density;
    }
    z
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(got: f64, expected: f64, relative: f64) {
        assert!((got / expected - 1.0).abs() < relative, "{got} for {expected}");
    }

    #[test]
    fn closed_forms() {
        // The least of n uniform variables exceeds x with chance (1-x)^n; the largest likewise.
        for n in [1u64, 2, 10, 1_000_000] {
            let n_f = n as f64;
            close(beta(0, n - 1, 0.05, true), -libm::expm1(libm::log(0.05) / n_f), 1e-12);
            close(beta(n - 1, 0, 0.05, false), libm::pow(0.05, 1.0 / n_f), 1e-12);
        }
        close(gamma_above(0, 0.05), -libm::log(0.05), 1e-13);
        close(beta(4, 4, 0.5, true), 0.5, 1e-13);
        close(beta(1, 1, 0.028, false), 0.1, 1e-12); // 3x² - 2x³
        for tail in [0.4, 0.025, 1e-3, 1e-9, 1e-200] {
            let chance = 0.5 * libm::erfc(normal_above(tail) / std::f64::consts::SQRT_2);
            close(chance, tail, 1e-12);
        }
    }
}
