package ai.ingredients.training.inversion;

import ai.ingredients.InvalidInputException;
import ai.ingredients.data.Subject;
import ai.ingredients.diffusion.NoiseSchedule;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Noise;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.text.LearnedWord;
import ai.ingredients.text.PromptEncoder;
import ai.ingredients.text.T5Encoder;
import ai.ingredients.text.T5Tokenizer;
import ai.ingredients.text.TokenEmbeddings;
import ai.ingredients.text.Tokens;
import ai.ingredients.training.loop.ParameterGroup;
import ai.ingredients.training.loop.Stage;
import ai.ingredients.transformer.CheckpointedPass;
import ai.ingredients.transformer.RotaryEmbedding;
import ai.ingredients.transformer.Routing;
import ai.ingredients.transformer.TransformerConfig;
import ai.ingredients.transformer.VideoTransformer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Textual inversion (arXiv 2208.01618): the vectors of one word learn, by the diffusion loss of one person's photos and
 * clips under captions that name the word, through the frozen text encoder and the frozen video transformer. Models that
 * take an image get zeros for it, as without photos when they generate; no face is shown to them.
 *
 * <p>The learning rate counts in units of the text encoder's embeddings: a rate of 0.01 moves a number by up to a hundredth
 * of their root mean square, because encoders differ in it by orders of magnitude. Vectors do not decay.
 *
 * <p>Owns models and latents until {@link #close}. Not thread-safe, but for {@link #batch}.
 */
public final class InversionStage implements Stage<InversionBatch> {
    /** Rows of the table by which its scale is measured; the last ones of T5's are never used and not like the others. */
    private static final long MEASURED_ROWS = 4096;
    /** What the fixed loss is made of: the first samples of either kind, each at several noise levels. */
    private static final int FIXED_SAMPLES = 4;

    private static final double[] FIXED_TIMES = {0.125, 0.375, 0.625, 0.875};
    private static final long FIXED_SEED = 20_240_101;

    /**
     * What batches and captions are made of.
     *
     * @param batch photos or clips in a batch
     * @param photoShare share of the batches that are photos, where there are photos and clips
     * @param captions templates for photos, and for clips whose own caption will not do, with {@value Templates#PLACE}
     *     where the word belongs; empty for those that suit the data: {@link Templates#ENGLISH} and the drawn world's own
     * @param checkpointing whether blocks are computed again for their gradients, which saves memory and costs time
     */
    public record Settings(int batch, double photoShare, List<String> captions, boolean checkpointing) {
        public static final Settings DEFAULT = new Settings(4, 0.5, List.of(), false);

        public Settings {
            captions = List.copyOf(captions);
            if (batch < 1) {
                throw new InvalidInputException("batch is " + batch + "; expected at least 1");
            }
            if (!(photoShare >= 0 && photoShare <= 1)) {
                throw new InvalidInputException("photo-share is " + photoShare + "; expected between 0 and 1");
            }
            Templates.check("captions", captions);
        }

        /** With these captions where there are none. */
        public Settings withDefault(List<String> templates) {
            return captions.isEmpty() ? new Settings(batch, photoShare, templates, checkpointing) : this;
        }
    }

    private final String word;
    private final String initial;
    private final Settings settings;
    private final Subject subject;
    private final SubjectLatents latents;
    private final FrozenModels models;
    private final InversionPlan plan;
    private final Tensor vectors; // [k, d], fp32, learns
    private final double scale;
    private final PromptEncoder text;
    /** For each sample the captions to draw from. */
    private final List<List<Tokens>> captions = new ArrayList<>();

    /**
     * The word that is learned.
     *
     * @param name as prompts write it, see {@link TokenEmbeddings#name}
     * @param vectors how many it has
     * @param initial words whose embeddings the vectors begin with
     */
    public record Word(String name, int vectors, String initial) {}

    /**
     * Takes models and latents over: they are closed with this stage, also when this constructor fails.
     *
     * @param learned the word
     * @param settings with captions
     * @param subject who is learned, photos first
     * @param latents of the subject
     * @throws InvalidInputException when the word or the initial words cannot be used with this tokenizer, or a caption
     *     does not fit the model's prompts
     */
    public InversionStage(
            Word learned, Settings settings, Subject subject, SubjectLatents latents, FrozenModels models, long seed) {
        this.word = learned.name();
        this.initial = learned.initial();
        this.settings = settings;
        this.subject = subject;
        this.latents = latents;
        this.models = models;
        boolean complete = false;
        try (Scope scope = Scope.inference()) {
            Tensor table = models.text().encoder().table();
            Tensor measured = table.narrow(0, 0, Math.min(MEASURED_ROWS, table.size(0)));
            scale = Math.sqrt(
                    measured.to(ScalarType.Float).square().mean().item().toDouble());
            vectors = Scope.retain(first(models.text(), initial, learned.vectors()));
            vectors.set_requires_grad(true);
            text = models.text().with(TokenEmbeddings.of(Map.of(word, vectors)));
            int photos = 0;
            while (photos < latents.size() && latents.get(photos).size(0) == 1) {
                photos++;
            }
            plan = new InversionPlan(photos, latents.size() - photos, settings.batch(), settings.photoShare(), seed);
            for (Subject.Sample sample : subject.samples()) {
                String told = sample.caption() == null ? null : Templates.of(sample.caption());
                List<String> templates = told == null ? settings.captions() : List.of(told);
                captions.add(templates.stream().map(this::tokens).toList());
            }
            complete = true;
        } finally {
            if (!complete) {
                latents.close();
                models.close();
            }
        }
    }

    /**
     * The embeddings of the pieces of {@code words}, as {@code count} vectors: in turn where there are more vectors than
     * pieces, and the mean of neighbouring ones where there are fewer. [count, d] fp32 of its own.
     */
    private static Tensor first(PromptEncoder text, String words, int count) {
        int[] all = text.tokenizer().ids(words);
        long[] ids = Arrays.stream(all, 0, all.length - 1).asLongStream().toArray(); // without </s>
        if (ids.length == 0 || Arrays.stream(ids).anyMatch(id -> id <= T5Tokenizer.UNKNOWN)) {
            throw new InvalidInputException("initial is \"" + words
                    + "\", which the tokenizer does not know; give a word of its language, such as person");
        }
        Tensor pieces = text.encoder().embed(Ops.tensor(ids, ids.length)).to(ScalarType.Float); // [n, d]
        Tensor[] vectors = new Tensor[count];
        for (int i = 0; i < count; i++) {
            int from = ids.length > count ? i * ids.length / count : i % ids.length;
            int to = ids.length > count ? (i + 1) * ids.length / count : from + 1;
            vectors[i] = pieces.narrow(0, from, to - from).mean(0);
        }
        return Ops.stack(0, vectors);
    }

    private Tokens tokens(String template) {
        String caption = Templates.naming(template, word);
        Tokens tokens = text.tokens(caption, models.transformer().config().maxTextSeqLength());
        if (tokens.cutText().contains(word)) {
            throw new InvalidInputException("the caption \"" + caption + "\" does not fit the model's "
                    + tokens.ids().length + " tokens with the word's " + vectors.size(0)
                    + " vectors; use fewer vectors or shorter captions");
        }
        return tokens;
    }

    @Override
    public String name() {
        return "inversion";
    }

    @Override
    public List<ParameterGroup> parameters() {
        return List.of(new ParameterGroup("word", Map.of(word, vectors), scale, 0));
    }

    @Override
    public InversionBatch batch(long index) {
        return plan.batch(index);
    }

    @Override
    public int samples(InversionBatch batch) {
        return batch.samples().size();
    }

    @Override
    public String describe(InversionBatch batch) {
        return batch.samples().stream()
                .map(sample -> subject.samples().get(sample).id())
                .distinct()
                .toList()
                .toString();
    }

    @Override
    public Losses losses(InversionBatch batch, long step, Noise noise) {
        List<Integer> samples = batch.samples();
        int size = samples.size();
        Tensor clean = Ops.stack(0, samples.stream().map(latents::get).toArray(Tensor[]::new)); // [B, f, C, h, w]
        Tensor drawn = noise.gaussian(Compute.CPU_FP32, Ops.shape(clean));
        float[] draws = noise.uniform(2 * size);
        int count = models.schedule().config().numTrainTimesteps();
        long[] timesteps = new long[size];
        List<Tokens> prompts = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            timesteps[i] = Math.min(count - 1, (long) ((i + draws[i]) / size * count)); // covers the schedule evenly
            List<Tokens> choices = captions.get(samples.get(i));
            prompts.add(choices.get(Math.min(choices.size() - 1, (int) (draws[size + i] * choices.size()))));
        }
        Result result = loss(clean, drawn, Ops.tensor(timesteps, size), text, prompts);
        Map<String, Tensor> parts = new LinkedHashMap<>();
        parts.put("diffusion-loss", result.loss());
        parts.put("word-scale", Ops.scale(vectors.detach().square().mean().sqrt(), 1 / scale));
        return new Losses(result.loss(), parts, result.backward());
    }

    /**
     * A loss and how its gradients are found.
     *
     * @param loss scalar
     * @param backward of a scalar made of it
     */
    private record Result(Tensor loss, Consumer<Tensor> backward) {}

    /** The mean squared error of v. */
    private Result loss(Tensor clean, Tensor noise, Tensor timesteps, PromptEncoder encoder, List<Tokens> prompts) {
        NoiseSchedule schedule = models.schedule();
        Tensor noisy = schedule.addNoise(clean, noise, timesteps);
        Tensor wanted = schedule.velocity(clean, noise, timesteps);
        Prediction prediction = predict(noisy, timesteps, encoder.embeddings(prompts));
        Tensor v = prediction.sample().to(ScalarType.Float);
        Tensor loss = v.sub(wanted.to(v.device(), ScalarType.Float)).square().mean();
        return new Result(loss, prediction.backward());
    }

    /**
     * What the transformer predicts.
     *
     * @param sample [B, f, C, h, w]
     * @param backward adds the gradients of a scalar made of {@code sample} to the vectors
     */
    record Prediction(Tensor sample, Consumer<Tensor> backward) {}

    /**
     * The transformer on noisy latents [B, f, C, h, w], with zeros for an image where it takes one.
     *
     * @param timesteps [B] int64
     * @param embeddings of the prompts [B, T, d]
     */
    Prediction predict(Tensor noisy, Tensor timesteps, Tensor embeddings) {
        Compute compute = models.compute();
        VideoTransformer transformer = models.transformer();
        TransformerConfig config = transformer.config();
        Tensor placed = compute.place(noisy);
        Tensor input = config.imageConditioned() ? Ops.cat(2, placed, torch.zeros_like(placed)) : placed;
        Tensor times = timesteps.to(compute.nativeDevice(), ScalarType.Long);
        RotaryEmbedding rotary = transformer.rotary((int) noisy.size(3), (int) noisy.size(4), (int) noisy.size(1));
        VideoTransformer.Options options = new VideoTransformer.Options(Routing.PER_BRANCH, 0);
        Tensor conditions = compute.place(embeddings);
        if (settings.checkpointing() && conditions.requires_grad()) {
            CheckpointedPass pass = transformer.checkpointed(input, conditions, times, rotary, null, options);
            return new Prediction(pass.output().sample(), pass::backward);
        }
        Tensor sample = transformer
                .forward(input, conditions, times, rotary, null, options)
                .sample();
        return new Prediction(sample, Tensor::backward);
    }

    /** For tests. */
    SubjectLatents latents() {
        return latents;
    }

    /** The text encoder with the vectors that learn. */
    PromptEncoder text() {
        return text;
    }

    /** Writes {@value LearnedWord#FILE}, which {@code generate --embedding} and diffusers read. */
    @Override
    public void export(Path folder, Map<String, Tensor> values) {
        Map<String, String> about = new LinkedHashMap<>();
        about.put(LearnedWord.INITIAL, initial);
        about.put(LearnedWord.BASE_MODEL, models.fingerprint());
        T5Encoder encoder = models.text().encoder();
        LearnedWord.write(
                folder.resolve(LearnedWord.FILE), word, values.getOrDefault(word, vectors), encoder.table(), about);
    }

    /**
     * {@code fixed-loss}: the loss of the first photos and clips, always at the same noise and noise levels, so that its
     * course is smooth where that of the training loss is not.
     */
    @Override
    public Map<String, Double> validate(Path folder, long step, Map<String, Tensor> values) {
        double sum = 0;
        int count = 0;
        try (Scope scope = Scope.inference()) {
            PromptEncoder encoder =
                    models.text().with(TokenEmbeddings.of(Map.of(word, values.getOrDefault(word, vectors))));
            for (int sample : fixed()) {
                try (Scope one = Scope.open();
                        Noise noise = new Noise(FIXED_SEED + sample)) {
                    Tensor clean = repeated(latents.get(sample));
                    Tensor drawn = noise.gaussian(Compute.CPU_FP32, Ops.shape(clean));
                    int all = models.schedule().config().numTrainTimesteps();
                    long[] timesteps = Arrays.stream(FIXED_TIMES)
                            .mapToLong(time -> (long) (time * all))
                            .toArray();
                    List<Tokens> choices = captions.get(sample);
                    List<Tokens> prompts = new ArrayList<>();
                    for (int i = 0; i < timesteps.length; i++) {
                        prompts.add(choices.get(i % choices.size()));
                    }
                    Tensor loss = loss(clean, drawn, Ops.tensor(timesteps, timesteps.length), encoder, prompts)
                            .loss();
                    sum += loss.item().toDouble();
                    count++;
                }
            }
        }
        return Map.of("fixed-loss", sum / count);
    }

    private static Tensor repeated(Tensor latents) {
        Tensor[] copies = new Tensor[FIXED_TIMES.length];
        Arrays.fill(copies, latents);
        return Ops.stack(0, copies);
    }

    /** The first photos and the first clips. */
    private List<Integer> fixed() {
        List<Integer> chosen = new ArrayList<>();
        int photos = 0;
        int clips = 0;
        for (int i = 0; i < latents.size(); i++) {
            boolean photo = latents.get(i).size(0) == 1;
            if ((photo ? photos++ : clips++) < FIXED_SAMPLES) {
                chosen.add(i);
            }
        }
        return chosen;
    }

    @Override
    public void close() {
        vectors.close();
        latents.close();
        models.close();
    }
}
