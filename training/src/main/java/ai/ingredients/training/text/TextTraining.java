package ai.ingredients.training.text;

import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import ai.ingredients.data.ClipSource;
import ai.ingredients.data.LabelledCaptions;
import ai.ingredients.io.IoReason;
import ai.ingredients.text.T5Config;
import ai.ingredients.text.T5Tokenizer;
import ai.ingredients.training.loop.Beginning;
import ai.ingredients.training.loop.DataConfig;
import ai.ingredients.training.loop.Stage;
import ai.ingredients.training.loop.StageConfig;
import ai.ingredients.training.loop.TrainerConfig;
import ai.ingredients.training.loop.TrainingListener;
import ai.ingredients.weights.ConfigReader;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * {@code --stage text}: a vocabulary, then a T5 encoder that guesses hidden pieces of captions.
 *
 * @param training how the run goes
 * @param model official {@code text_encoder/config.json}; its {@code vocab_size} becomes the vocabulary's
 * @param start weights to begin with; absent to begin from nothing
 * @param startTokenizer the {@code tokenizer} folder of {@code start}: its rows of the embedding go to the pieces that the new
 *     vocabulary writes alike; absent for the one beside {@code start}, or, without one, the new vocabulary itself
 * @param data whose captions are learned
 * @param validation captions to look at
 * @param vocabulary pieces of the vocabulary made of the captions, special ones included
 * @param vocabularyCaptions captions it is made of
 * @param labels whether the captions' meaning (scene, action, clothes …) is asked for too, where the source knows it
 * @param text batches and loss
 */
public record TextTraining(
        TrainerConfig training,
        Path model,
        @Nullable Path start,
        @Nullable Path startTokenizer,
        DataConfig data,
        DataConfig validation,
        int vocabulary,
        int vocabularyCaptions,
        boolean labels,
        TextStage.Settings text)
        implements StageConfig {
    /**
     * A run with the usual settings.
     *
     * @param model its official config
     */
    public static TextTraining defaults(Path model) {
        return new TextTraining(
                TrainerConfig.DEFAULT,
                model,
                null,
                null,
                DataConfig.TRAIN,
                DataConfig.VALIDATION,
                800,
                3000,
                true,
                TextStage.Settings.DEFAULT);
    }

    /** The folder below a run with the vocabulary. */
    public static final String TOKENIZER = "tokenizer";

    @Override
    public String component() {
        return "text_encoder";
    }

    @Override
    public Stage<?> open(Path runFolder, TrainingListener listener) {
        ClipSource clips = data.open();
        Path folder = runFolder.resolve(TOKENIZER);
        if (!Files.exists(folder.resolve("spiece.model"))) {
            List<String> captions = new ArrayList<>();
            for (long i = 0; i < Math.min(vocabularyCaptions, clips.size()); i++) {
                try {
                    captions.add(clips.caption(i));
                } catch (InvalidInputException e) {
                    // a broken clip: training will report it, a vocabulary can do without
                }
            }
            try {
                Files.createDirectories(folder);
            } catch (IOException e) {
                throw new OperationFailedException(folder + ": cannot be made (" + IoReason.of(e) + ")", e);
            }
            UnigramTrainer.train(captions, UnigramTrainer.Settings.ofSize(vocabulary))
                    .write(folder, text.maxLength());
        }
        T5Tokenizer tokenizer = T5Tokenizer.open(folder);
        ObjectNode json = StageConfig.model(model).deepCopy();
        json.put("vocab_size", tokenizer.size());
        return new TextStage(
                T5Config.of(new ConfigReader(json, model.toString())),
                text,
                labels && clips instanceof LabelledCaptions known
                        ? new LabelClasses(known.labelValues())
                        : LabelClasses.none(),
                tokenizer,
                labelled(clips),
                labelled(validation.open()),
                begun(tokenizer));
    }

    /** With the start's rows under the ids of {@code tokenizer}. */
    private Beginning begun(T5Tokenizer tokenizer) {
        Beginning begun = Beginning.of(start, training);
        Path own = startTokenizer == null ? beside(start) : startTokenizer;
        if (own == null) {
            return begun;
        }
        try (T5Tokenizer old = T5Tokenizer.open(own)) {
            return new Beginning(CarriedVocabulary.of(begun.start(), old, tokenizer), begun.compute(), begun.seed());
        } catch (RuntimeException e) {
            begun.start().close();
            throw e;
        }
    }

    private static @Nullable Path beside(@Nullable Path start) {
        Path folder = start == null ? null : start.toAbsolutePath().resolveSibling(TOKENIZER);
        return folder != null && Files.isDirectory(folder) ? folder : null;
    }

    private LongFunction<LabelledText> labelled(ClipSource clips) {
        return number -> {
            long index = number % clips.size();
            String caption = clips.caption(index);
            return labels && clips instanceof LabelledCaptions known
                    ? new LabelledText(caption, known.labels(index))
                    : LabelledText.of(caption);
        };
    }
}
