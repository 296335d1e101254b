package ai.ingredients.training.features;

import ai.ingredients.InvalidInputException;
import ai.ingredients.data.Clip;
import ai.ingredients.data.Mask;
import ai.ingredients.face.Face;
import ai.ingredients.face.FaceAligner;
import ai.ingredients.face.FaceEncoder;
import ai.ingredients.face.Identity;
import ai.ingredients.face.People;
import ai.ingredients.face.ReferenceCanvas;
import ai.ingredients.media.Picture;
import ai.ingredients.media.Resampling;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Ops;
import ai.ingredients.text.PromptEncoder;
import ai.ingredients.training.loop.ClipTensors;
import ai.ingredients.vae.VideoVae;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Runs the frozen models over a clip. The features, N people, V photos of each:
 *
 * <pre>
 *   latents      [f, C, h, w]      the video, likeliest latents, not scaled                     fp16
 *   first        [C, h, w]         its first frame as a video of one frame                       fp16
 *   text         [T, textDim]      the caption                                                  fp16
 *   canvas       [V, C, h, w]      the reference canvas of everybody's v-th photo               fp16
 *   canvas-each  [V, C, h, w]      the same with every face encoded by itself, latents pasted,
 *                                  where that was asked for                                     fp16
 *   id_cond      [V, N, idDim]                                                                  fp16
 *   vit_hidden   [V, N, 5, P, vitDim]                                                           fp16
 *   faces        [N, f, h, w]      share of each latent that is face, 0 to 255, by mask         uint8
 *   boxes        [N, f, h, w]      the same by face box                                         uint8
 *   persons      [N, f, h, w]      the same of whole persons, where that was asked for          uint8
 *   words        [T]               whose each token of the caption is, {@link #NOBODYS} or a
 *                                  person's number, where that was asked for: of words that
 *                                  photos show the owner of                                     uint8
 *   mentions     [T]               the same of all words about one person                       uint8
 * </pre>
 */
public final class ClipEncoder implements FeatureCache.Encoder {
    /** In {@code words} and {@code mentions}: a token that tells of nobody in particular. */
    public static final int NOBODYS = 255;

    private final VideoVae vae;
    private final PromptEncoder text;
    private final @Nullable FaceEncoder faces;
    private final Wanted wanted;
    private final Compute compute;
    private final String key;

    /**
     * What is wanted of a clip.
     *
     * @param textLength tokens of a caption
     * @param photos of each person, at most as many as there are
     * @param eachFace whether {@code canvas-each} is, which costs as much as all else of a still
     * @param persons whether {@code persons} are
     * @param words whether {@code words} and {@code mentions} are
     */
    public record Wanted(int textLength, int photos, boolean eachFace, boolean persons, boolean words) {}

    /**
     * @param faces none where people are not learned
     * @param key identifies the weights of all models
     */
    public ClipEncoder(
            VideoVae vae, PromptEncoder text, @Nullable FaceEncoder faces, Wanted wanted, Compute compute, String key) {
        this.vae = vae;
        this.text = text;
        this.faces = faces;
        this.wanted = wanted;
        this.compute = compute;
        this.key = key;
    }

    @Override
    public String key() {
        return key;
    }

    @Override
    public Map<String, Tensor> encode(Clip clip) {
        Map<String, Tensor> features = new LinkedHashMap<>();
        Tensor latents = latents(clip.frames()); // [C, f, h, w]
        features.put("latents", half(latents.permute(1, 0, 2, 3)));
        Tensor first = clip.frames().size() == 1
                ? latents.select(1, 0)
                : still(clip.frames().getFirst());
        features.put("first", half(first));
        features.put("text", half(text(clip.caption())));
        if (faces != null && !clip.people().isEmpty()) {
            people(clip, faces, features);
        }
        return features;
    }

    /** The embedding of {@code caption}: [T, textDim]. */
    public Tensor text(String caption) {
        return text.encode(caption, wanted.textLength).embeddings().select(0, 0);
    }

    /** Whose each token of the caption is, of the mentions that are meant; [T] */
    private Tensor words(Clip clip, Predicate<Clip.Mention> meant) {
        long[] owners = text.owners(
                clip.caption(),
                clip.mentions().stream()
                        .filter(meant)
                        .map(mention -> new PromptEncoder.Owned(mention.person(), mention.start(), mention.end()))
                        .toList(),
                wanted.textLength);
        return Ops.tensor(owners, owners.length).to(ScalarType.Byte); // −1 becomes NOBODYS
    }

    private static Tensor half(Tensor x) {
        return x.to(ScalarType.Half).contiguous();
    }

    /** [C, f, h, w] */
    private Tensor latents(List<Picture> frames) {
        return vae.encode(ClipTensors.videos(List.of(frames), compute)).mode().select(0, 0);
    }

    /** [C, h, w] */
    private Tensor still(Picture picture) {
        return latents(List.of(picture)).select(1, 0);
    }

    private void people(Clip clip, FaceEncoder encoder, Map<String, Tensor> features) {
        Picture frame = clip.frames().getFirst();
        List<Tensor> canvases = new ArrayList<>();
        List<Tensor> canvasesEach = new ArrayList<>();
        List<Tensor> idConds = new ArrayList<>();
        List<Tensor> hiddens = new ArrayList<>();
        for (int v = 0; v < wanted.photos; v++) {
            List<Picture> crops = new ArrayList<>();
            for (Clip.Person person : clip.people()) {
                if (person.photos().size() < wanted.photos) {
                    throw new InvalidInputException(clip.id() + ": " + person.id() + " has "
                            + person.photos().size() + " photos; " + wanted.photos + " were asked for");
                }
                Clip.PersonPhoto photo = person.photos().get(v);
                crops.add(FaceAligner.crop(photo.picture(), photo.landmarks()));
            }
            People people = encoder.encodeCrops(crops);
            canvases.add(still(resized(people.canvas(), frame)));
            if (wanted.eachFace) {
                canvasesEach.add(ReferenceCanvas.eachByItself(
                        crops, frame.width(), frame.height(), vae.config().spatialCompression(), this::still));
            }
            idConds.add(stacked(people, Identity::idCond));
            List<Tensor> scales = new ArrayList<>();
            for (int scale = 0;
                    scale < people.identities().getFirst().vitHidden().size();
                    scale++) {
                int at = scale;
                scales.add(stacked(people, identity -> identity.vitHidden().get(at))); // [N, P, d]
            }
            hiddens.add(Ops.stack(1, scales.toArray(Tensor[]::new))); // [N, 5, P, d]
        }
        features.put("canvas", half(Ops.stack(0, canvases.toArray(Tensor[]::new))));
        if (wanted.eachFace) {
            features.put("canvas-each", half(Ops.stack(0, canvasesEach.toArray(Tensor[]::new))));
        }
        features.put("id_cond", half(Ops.stack(0, idConds.toArray(Tensor[]::new))));
        features.put("vit_hidden", half(Ops.stack(0, hiddens.toArray(Tensor[]::new))));
        int cell = vae.config().spatialCompression();
        features.put("faces", coverage(clip, cell, Clip.Seen::faceMask));
        features.put("boxes", coverage(clip, cell, seen -> box(seen.faceBox(), frame)));
        if (wanted.words) {
            features.put("words", words(clip, Clip.Mention::told));
            features.put("mentions", words(clip, mention -> true));
        }
        if (wanted.persons) {
            features.put("persons", coverage(clip, cell, Clip.Seen::personMask));
        }
    }

    private static Picture resized(Picture canvas, Picture like) {
        return Resampling.pil(canvas, like.width(), like.height(), Resampling.PilFilter.LANCZOS);
    }

    private static Tensor stacked(People people, Function<Identity, Tensor> feature) {
        return Ops.cat(0, people.identities().stream().map(feature).toArray(Tensor[]::new));
    }

    private static @Nullable Mask box(Face.@Nullable Box box, Picture frame) {
        if (box == null) {
            return null;
        }
        BitSet bits = new BitSet();
        int left = Math.clamp(Math.round(box.left()), 0, frame.width());
        int right = Math.clamp(Math.round(box.right()), 0, frame.width());
        for (int y = Math.clamp(Math.round(box.top()), 0, frame.height());
                y < Math.clamp(Math.round(box.bottom()), 0, frame.height());
                y++) {
            bits.set(y * frame.width() + left, y * frame.width() + right);
        }
        return new Mask(frame.width(), frame.height(), bits);
    }

    /**
     * The share of every latent that the mask covers: the first frame alone, then the mean of groups of four.
     *
     * @param cell pixels of a latent along a side
     */
    private static Tensor coverage(Clip clip, int cell, Function<Clip.Seen, @Nullable Mask> maskOf) {
        Picture frame = clip.frames().getFirst();
        int rows = frame.height() / cell;
        int columns = frame.width() / cell;
        int latentFrames = (clip.frames().size() - 1) / 4 + 1;
        int people = clip.people().size();
        float[] values = new float[people * latentFrames * rows * columns];
        int at = 0;
        for (Clip.Person person : clip.people()) {
            for (int f = 0; f < latentFrames; f++) {
                int first = f == 0 ? 0 : 4 * f - 3;
                int last = 4 * f;
                for (int i = first; i <= last; i++) {
                    Mask mask = maskOf.apply(person.track().get(i));
                    if (mask == null) {
                        continue;
                    }
                    float[] covered = mask.coverage(rows, columns);
                    for (int k = 0; k < covered.length; k++) {
                        values[at + k] += covered[k] * 255f / (last - first + 1);
                    }
                }
                at += rows * columns;
            }
        }
        return Ops.tensor(values, people, latentFrames, rows, columns)
                .round()
                .clamp(
                        new org.bytedeco.pytorch.ScalarOptional(new Scalar(0)),
                        new org.bytedeco.pytorch.ScalarOptional(new Scalar(255)))
                .to(ScalarType.Byte);
    }
}
