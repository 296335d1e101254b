package ai.ingredients.training.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.ingredients.InvalidInputException;
import ai.ingredients.attributes.AttributeTraining;
import ai.ingredients.cast.CastSource;
import ai.ingredients.data.ClipFormat;
import ai.ingredients.data.DatasetInfo;
import ai.ingredients.data.DatasetWriter;
import ai.ingredients.data.FolderSource;
import ai.ingredients.data.Portraits;
import ai.ingredients.data.Split;
import ai.ingredients.training.config.TrainingConfig;
import ai.ingredients.training.diffusion.DiffusionSettings;
import ai.ingredients.training.diffusion.DiffusionTraining;
import ai.ingredients.training.face.FaceNetTraining;
import ai.ingredients.training.text.TextTraining;
import ai.ingredients.training.vae.VaeTraining;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Configs say where clips come from. */
class DataConfigTest {
    private static final Path CONFIGS = Path.of("../configs/demo");

    @TempDir
    Path folder;

    private static DataConfig data(String... overrides) {
        List<String> all = new ArrayList<>();
        Arrays.stream(overrides).map("data."::concat).forEach(all::add);
        return TrainingConfig.of(all, VaeTraining.defaults(Path.of("model.json")))
                .data();
    }

    private void writeFolder() {
        CastSource drawn = new CastSource(Split.TRAIN, 3, 5, new int[] {1}, 1, new ClipFormat(48, 32, 5, 8, 64));
        DatasetInfo info = new DatasetInfo("cast", 48, 32, 8);
        try (DatasetWriter writer = DatasetWriter.open(folder, info, DatasetWriter.VideoKind.PNG)) {
            writer.addAll(drawn, done -> {});
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "vae",
                "text",
                "detector",
                "recogniser",
                "tower",
                "recogniser-evaluation",
                "attributes",
                "base",
                "faces",
                "router"
            })
    void theDemosConfigsDraw(String name) {
        Path file = CONFIGS.resolve(name + ".yaml");
        DataConfig data = switch (name) {
            case "vae" ->
                TrainingConfig.read(file, List.of(), VaeTraining.defaults(Path.of("model.json")))
                        .data();
            case "text" ->
                TrainingConfig.read(file, List.of(), TextTraining.defaults(Path.of("model.json")))
                        .data();
            case "attributes" ->
                TrainingConfig.read(
                                file, List.of(), AttributeTraining.defaults(Path.of("model.json"), Path.of("bundle")))
                        .data();
            case "base", "faces", "router" ->
                TrainingConfig.read(
                                file,
                                List.of(),
                                DiffusionTraining.defaults(
                                        DiffusionSettings.FACES, Path.of("bundle"), Path.of("model.json")))
                        .data();
            default ->
                TrainingConfig.read(file, List.of(), FaceNetTraining.defaults(Path.of("model.json"), Path.of("bundle")))
                        .data();
        };

        assertThat(data.kind()).isEqualTo(DataConfig.Kind.CAST);
        assertThat(data.open()).isInstanceOf(CastSource.class);
    }

    @Test
    void aFolderIsRead() {
        writeFolder();
        DataConfig data = data("kind=folder", "folder=" + folder, "window.frames=5", "window.photos-from=elsewhere");

        assertThat(data.open()).isInstanceOf(FolderSource.class);
        assertThat(data.open().size()).isEqualTo(3);
        assertThat(data.open().clip(0).frames()).hasSize(5);
        Portraits portraits = data.portraits(2);
        assertThat(portraits.people()).isEqualTo(2);
        assertThat(portraits.traitSizes()).isEmpty();
        assertThat(portraits.photo(1, 7).picture().width()).isEqualTo(64);
        assertThat(data.openShort().clip(0).people().getFirst().photos()).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        kind=foldr                           | cast, folder
        kind=folder                          | folder is missing
        folder=mine                          | add `kind: folder`
        photos=0                             | photos 0
        window.frame=3                       | did you mean data.window.frames?
        window.visible=2                     | visible is 2.0
        window.stride=0                      | stride 0
        window.photos-from=anywhere          | elsewhere, clip, window
        """)
    void mistakesAreNamed(String override, String fragment) {
        assertThatThrownBy(() -> data(override))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining(fragment)
                .hasMessageNotContaining("\n");
    }

    @Test
    void aFolderWithoutDataIsRefusedWhenItIsOpened() {
        DataConfig data = data("kind=folder", "folder=" + folder);
        assertThatThrownBy(data::open)
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("holds no data set");
    }
}
