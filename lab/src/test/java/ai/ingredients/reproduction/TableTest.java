package ai.ingredients.reproduction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.ingredients.reproduction.Table.Claim;
import ai.ingredients.training.diffusion.DiffusionSettings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TableTest {
    /** Every ordering that is tested is one that the paper's numbers have. */
    @ParameterizedTest
    @EnumSource(Table.class)
    void thePaperClaimsWhatIsTested(Table table) {
        for (Claim claim : table.claims()) {
            boolean holds = switch (claim.metric()) {
                case FACE_SIM -> claim.better().paperFaceSim() > claim.worse().paperFaceSim();
                case FRECHET -> claim.better().paperFid() < claim.worse().paperFid();
                case PROMPT -> claim.better().paperClipScore() > claim.worse().paperClipScore();
            };
            assertTrue(holds, claim.toString());
            assertTrue(table.rows().contains(claim.better()) && table.rows().contains(claim.worse()), claim.toString());
        }
    }

    /** Stages 1 and 2 are trained with every seed, each on the stage before of the same seed, and all on one base. */
    @Test
    void everySeedHasItsOwnStagesOnOneBase() {
        Trained third = Trained.of(TrainedModel.BOX, 2);
        assertEquals("box-seed-3", third.toString());
        assertEquals(new Trained(TrainedModel.FACES, 2), third.start());
        assertEquals(
                new Trained(TrainedModel.BASE_I2V, 0),
                Trained.of(TrainedModel.FACES, 2).start());
        assertEquals("best", Trained.of(TrainedModel.BEST, 0).toString());
        assertEquals(1, Trained.trainings(Row.TEXT_ONLY.model(), 3));
        assertEquals(3, Trained.trainings(Row.MSE.model(), 3));
    }

    /** Rows of an ablation differ from the best setting in one thing, so they share all but one change. */
    @Test
    void ablationsShareWhatTheyCan() {
        assertEquals(Row.INGREDIENTS.model().start(), Row.BOX.model().start());
        assertEquals(Row.INGREDIENTS.model().start(), Row.MSE.model().start());
        assertEquals(
                Row.INGREDIENTS.model().start(), Row.NO_ROUTING_LOSS.model().start());
        assertEquals(TrainedModel.BASE_I2V, TrainedModel.FACES_AFTER.start());
        assertEquals(TrainedModel.BASE_T2V, TrainedModel.FACES_T2V.start());
        assertEquals(
                TrainedModel.BASE_T2V, TrainedModel.BASE_I2V.start(), "canvases that a start knows do not come along");
        assertEquals(DiffusionSettings.ROUTER, Row.INGREDIENTS.model().changed(DiffusionSettings.ROUTER));
    }
}
