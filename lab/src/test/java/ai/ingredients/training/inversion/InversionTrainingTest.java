package ai.ingredients.training.inversion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.ingredients.InvalidInputException;
import ai.ingredients.testing.Fixture;
import ai.ingredients.text.LearnedWord;
import ai.ingredients.training.config.TrainingConfig;
import ai.ingredients.training.loop.RunFolder;
import ai.ingredients.training.loop.Stage;
import ai.ingredients.training.loop.TrainingListener;
import ai.ingredients.training.loop.TrainingRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The config of {@code --stage inversion}, and runs of it. */
@Timeout(600)
class InversionTrainingTest {
    private static final List<String> TINY = List.of(
            "name=anna",
            "vectors=2",
            "data.photos=2",
            "data.clips=1",
            "data.window={width: 48, height: 32, frames: 9}",
            "inversion.batch=2",
            "training.steps=6",
            "training.checkpoint-every=2",
            "training.validate-every=0",
            "training.log-every=1000",
            "training.ema-decay=0.9");

    @TempDir
    Path folder;

    private static InversionTraining config(String... overrides) {
        List<String> all = new ArrayList<>(TINY);
        all.add("bundle=" + Fixture.bundle());
        all.addAll(List.of(overrides));
        return TrainingConfig.of(all, InversionTraining.defaults(Path.of("model")));
    }

    /** Goes on where a run stopped; stops after {@code steps} steps of this call, and then returns no model. */
    private @Nullable Path train(Path run, InversionTraining config, int steps) {
        boolean resumes = RunFolder.holdsRun(run);
        int[] left = {steps};
        try (RunFolder opened = resumes
                        ? RunFolder.resume(run, config, TrainingRun.MAY_CHANGE)
                        : RunFolder.create(run, config);
                Stage<?> stage = config.open(run, TrainingListener.NONE)) {
            OptionalLong from = resumes ? opened.checkpoints(2).latest() : OptionalLong.empty();
            return TrainingRun.train(
                    stage, config.training(), opened, from, TrainingListener.NONE, () -> --left[0] == 0);
        }
    }

    @Test
    void aRunThatWasResumedEndsWithTheSameBits() throws IOException {
        Path whole = folder.resolve("whole");
        Path stopped = folder.resolve("stopped");
        InversionTraining config = config();
        assertThat(train(whole, config, 100)).isEqualTo(whole.resolve(TrainingRun.MODEL));
        assertThat(train(stopped, config, 3)).isNull();
        assertThat(train(stopped, config, 100)).isEqualTo(stopped.resolve(TrainingRun.MODEL));
        for (String file : List.of(
                "model/" + LearnedWord.FILE,
                "checkpoints/step-00000006/model.safetensors",
                "checkpoints/step-00000006/ema.safetensors",
                "checkpoints/step-00000006/optimizer.safetensors")) {
            assertThat(Files.mismatch(whole.resolve(file), stopped.resolve(file)))
                    .as(file)
                    .isEqualTo(-1);
        }
        LearnedWord word = LearnedWord.read(whole.resolve(TrainingRun.MODEL)).getFirst();
        assertThat(word.name()).isEqualTo("<anna>");
        assertThat(word.vectors()).isEqualTo(2);
        assertThat(word.metadata().get(LearnedWord.INITIAL)).isIn("woman", "man");
        assertThat(Files.readString(whole.resolve("metrics.jsonl"))).contains("fixed-loss", "word-scale");
    }

    @Test
    void theDefaultsSurviveTheirOwnFile() {
        InversionTraining config = InversionTraining.defaults(Path.of("model"));
        assertThat(config.name()).isEqualTo("<person>");
        assertThat(TrainingConfig.bind(config, TrainingConfig.tree(config))).isEqualTo(config);
        assertThat(config("name=<anna>").name()).isEqualTo("<anna>");
        assertThat(config("name=anna").name()).isEqualTo("<anna>");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
        name=two words                            | cannot name a learned word
        name=<pad>                                | means something to T5
        vectors=0                                 | vectors is 0
        initial=' '                               | initial is empty
        data.photos=0,data.clips=0                | at least one of either
        data.kind=pictures                        | name the folder of the person's pictures
        data.kind=folder                          | name the folder of the data set
        data.kind=folder,data.folder=x            | person is missing
        data.kind=pictures,data.folder=x,data.person=y | only a data set
        data.folder=x                             | kind is cast
        data.landmarks=x                          | landmarks are of pictures
        data.kind=pictures,data.folder=x,data.photos=0 | nothing else
        data.cast.place=1                         | a place below people
        inversion.captions=[A photo]              | names nobody
        inversion.batch=0                         | batch is 0
        """)
    void badValuesAreNamed(String overrides, String message) {
        assertThatThrownBy(() -> config(overrides.split(",")))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
        data.window.width=50         | 9 frames of 50x32; this model needs 8k+1 frames and multiples of 16 pixels
        data.window.frames=16        | 16 frames of 48x32
        transformer=nowhere          | nowhere
        bundle=nowhere               | nowhere
        data.cast.people=4           | 1 to 3 people, not 4
        initial=你                    | which the tokenizer does not know
        data.kind=pictures,data.folder=../configs | has no pictures
        data.kind=folder,data.folder=../configs,data.person=y | ../configs
        """)
    void whatDoesNotFitIsNamed(String overrides, String message) {
        InversionTraining config = config(overrides.split(","));
        assertThatThrownBy(() -> config.open(folder, TrainingListener.NONE))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining(message);
    }

    /** Of another width than the bundle's text encoder. */
    @Test
    void aTransformerForOtherTextIsRefused() throws IOException {
        Path other = Files.createDirectory(folder.resolve("transformer"));
        Path own = Fixture.bundle().resolve("transformer/config.json");
        Files.writeString(
                other.resolve("config.json"),
                Files.readString(own).replace("\"text_embed_dim\": 32", "\"text_embed_dim\": 48"));
        InversionTraining config = config("transformer=" + other, "data.clips=0");
        assertThatThrownBy(() -> config.open(folder, TrainingListener.NONE))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("takes text vectors of 48 numbers, the text encoder of")
                .hasMessageContaining("makes 32");
    }
}
