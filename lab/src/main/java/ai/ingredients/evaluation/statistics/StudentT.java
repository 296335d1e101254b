package ai.ingredients.evaluation.statistics;

/** Student's t distribution, whose tails say how little few values tell of their own spread. */
final class StudentT {
    private static final int STEPS = 4000;

    private StudentT() {}

    /**
     * The value below which {@code share} of the distribution lies.
     *
     * <p>With t = √ν · tan θ the density is proportional to cos(θ)^(ν−1), which is summed up by trapezia to five digits.
     *
     * @param share from one half to below 1
     * @param degrees of freedom, ν, at least 1; not necessarily whole
     */
    static double quantile(double share, double degrees) {
        double step = Math.PI / 2 / STEPS;
        double[] sums = new double[STEPS + 1];
        for (int i = 1; i <= STEPS; i++) {
            sums[i] = sums[i - 1] + (density((i - 1) * step, degrees) + density(i * step, degrees)) / 2;
        }
        double wanted = (share - 0.5) * 2 * sums[STEPS];
        int above = 1;
        while (sums[above] < wanted) {
            above++;
        }
        double part = (wanted - sums[above - 1]) / (sums[above] - sums[above - 1]);
        return Math.sqrt(degrees) * Math.tan((above - 1 + part) * step);
    }

    private static double density(double angle, double degrees) {
        return Math.pow(Math.max(0, Math.cos(angle)), degrees - 1);
    }
}
