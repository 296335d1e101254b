package ai.ingredients;

import static org.assertj.core.api.Assertions.assertThat;

import ai.ingredients.Ingredients.Options;
import ai.ingredients.pipeline.MemoryLevel;
import ai.ingredients.testing.Fixture;
import ai.ingredients.weights.WeightsDtype;
import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Videos of a model whose matrices are kept in 8 bits. */
class Int8VideoTest {
    private static Video made(Options options) {
        try (Ingredients ingredients = Ingredients.open(Fixture.bundle(), options)) {
            return ingredients
                    .video("A walk.")
                    .size(48, 32)
                    .frames(9)
                    .steps(2)
                    .maxSequenceLength(16)
                    .generate();
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = MemoryLevel.class,
            names = {"NONE", "MODEL", "LAYER"})
    void theVideoIsTheSameAtEveryMemoryLevel(MemoryLevel level) {
        Options small = Options.DEFAULT.withWeightsDtype(WeightsDtype.INT8);
        Video expected = made(small);
        Video found = made(small.withMemory(level));
        assertThat(found.frames()).isEqualTo(expected.frames());
        assertThat(found.recipe().json().at("/computed/memory").asText()).isEqualTo(level.toString());
    }

    @Test
    void itIsAnotherVideoAndItsRecipeSaysWhy() {
        Video plain = made(Options.DEFAULT);
        Video same = made(Options.DEFAULT.withWeightsDtype(WeightsDtype.SAME));
        Video small = made(Options.DEFAULT.withWeightsDtype(WeightsDtype.INT8));
        assertThat(same.frames()).isEqualTo(plain.frames());
        assertThat(small.frames()).isNotEqualTo(plain.frames());
        JsonNode recipe = small.recipe().json();
        assertThat(recipe.path("weights_dtype").asText()).isEqualTo("int8");
        assertThat(recipe.at("/computed/dtype").asText()).isEqualTo("fp32");
        assertThat(plain.recipe().json().has("weights_dtype")).isFalse();
    }
}
