package ai.ingredients.reproduction;

import java.util.List;

/** The paper's tables: their rows, and what they claim. */
enum Table {
    /** Comparison with the baselines. */
    METHODS(
            1,
            "Comparison with baselines",
            List.of(Row.TEXT_ONLY, Row.INVERSION, Row.INGREDIENTS),
            List.of(
                    new Claim(Row.INVERSION, Row.TEXT_ONLY, Metric.FACE_SIM),
                    new Claim(Row.INGREDIENTS, Row.INVERSION, Metric.FACE_SIM),
                    new Claim(Row.INGREDIENTS, Row.INVERSION, Metric.FRECHET),
                    new Claim(Row.TEXT_ONLY, Row.INGREDIENTS, Metric.PROMPT),
                    new Claim(Row.INGREDIENTS, Row.INVERSION, Metric.PROMPT))),
    /** What one change to the best setting costs. */
    ABLATIONS(
            2,
            "Ablations: initialisation, VAE features, labels",
            List.of(Row.T2V, Row.AFTER, Row.BOX, Row.INGREDIENTS),
            List.of(
                    new Claim(Row.INGREDIENTS, Row.T2V, Metric.FACE_SIM),
                    new Claim(Row.INGREDIENTS, Row.AFTER, Metric.FACE_SIM),
                    new Claim(Row.INGREDIENTS, Row.BOX, Metric.FACE_SIM),
                    new Claim(Row.INGREDIENTS, Row.T2V, Metric.FRECHET),
                    new Claim(Row.INGREDIENTS, Row.AFTER, Metric.FRECHET),
                    new Claim(Row.INGREDIENTS, Row.BOX, Metric.FRECHET),
                    new Claim(Row.INGREDIENTS, Row.T2V, Metric.PROMPT),
                    new Claim(Row.INGREDIENTS, Row.AFTER, Metric.PROMPT))),
    /** What teaches the router. */
    ROUTING_LOSS(
            3,
            "Ablation: routing loss",
            List.of(Row.NO_ROUTING_LOSS, Row.MSE, Row.INGREDIENTS),
            List.of(
                    new Claim(Row.MSE, Row.NO_ROUTING_LOSS, Metric.FACE_SIM),
                    new Claim(Row.INGREDIENTS, Row.MSE, Metric.FACE_SIM),
                    new Claim(Row.MSE, Row.NO_ROUTING_LOSS, Metric.FRECHET),
                    new Claim(Row.INGREDIENTS, Row.MSE, Metric.FRECHET),
                    new Claim(Row.NO_ROUTING_LOSS, Row.INGREDIENTS, Metric.PROMPT),
                    new Claim(Row.INGREDIENTS, Row.MSE, Metric.PROMPT)));

    private final int number;
    private final String title;
    private final List<Row> rows;
    private final List<Claim> claims;

    Table(int number, String title, List<Row> rows, List<Claim> claims) {
        this.number = number;
        this.title = title;
        this.rows = rows;
        this.claims = claims;
    }

    /** What an ordering is judged by. */
    enum Metric {
        /** Matched FaceSim, greater is better. */
        FACE_SIM("FaceSim"),
        /** Fréchet distance of faces, smaller is better. */
        FRECHET("FID"),
        /**
         * Whether scene, action and colours are those of the prompt, greater is better. It stands where the paper has
         * CLIPScore and measures less, so its orderings are told apart from the others.
         */
        PROMPT("prompt, for CLIPScore");

        private final String title;

        Metric(String title) {
            this.title = title;
        }

        /** Whether the paper measures the same. */
        boolean paper() {
            return this != PROMPT;
        }

        String title() {
            return title;
        }
    }

    /**
     * An ordering that the paper's numbers have.
     *
     * @param better row
     * @param worse row
     * @param metric by which it is better
     */
    record Claim(Row better, Row worse, Metric metric) {}

    int number() {
        return number;
    }

    String title() {
        return title;
    }

    List<Row> rows() {
        return rows;
    }

    List<Claim> claims() {
        return claims;
    }
}
