package ai.ingredients;

import static org.assertj.core.api.Assertions.assertThat;

import ai.ingredients.pipeline.Recipe;
import ai.ingredients.tensor.Attention;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.DType;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The kernel that computed attention stands in a recipe where it was chosen, and is chosen again. */
class AttentionInRecipesTest {
    @TempDir
    private Path folder;

    private Ingredients.Options options(Attention attention) throws IOException {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("prompt", "A walk.");
        json.set("computed", Recipe.machine(new Compute("cuda", DType.BF16, attention), "test"));
        Path file = folder.resolve(attention + ".json");
        Files.writeString(file, json.toString());
        return SavedRecipe.read(file).options(Ingredients.Options.DEFAULT);
    }

    @Test
    void aChosenKernelIsChosenAgain() throws IOException {
        assertThat(options(Attention.CUDNN).attention()).isEqualTo(Attention.CUDNN);
        assertThat(options(Attention.AUTO).attention()).isEqualTo(Attention.AUTO);
        assertThat(Recipe.machine(Compute.CPU_FP32, "test").has("attention")).isFalse(); // as ever
    }
}
