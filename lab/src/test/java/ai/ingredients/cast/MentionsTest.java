package ai.ingredients.cast;

import static org.assertj.core.api.Assertions.assertThat;

import ai.ingredients.cast.CastIdentity.Presentation;
import ai.ingredients.data.Clip;
import ai.ingredients.data.Clip.Mention;
import ai.ingredients.data.ClipFormat;
import ai.ingredients.data.Split;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.text.T5Tokenizer;
import ai.ingredients.training.features.ClipEncoder;
import ai.ingredients.training.features.ClipModels;
import ai.ingredients.weights.ModelFolder;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

/** Words of a caption whose person the photos show. */
class MentionsTest {
    private static final int CLIPS = 400;

    private static final CastSource SOURCE =
            new CastSource(Split.TRAIN, CLIPS, 9, new int[] {1, 2, 2, 3}, 1, ClipFormat.DEFAULT.ofFrames(1));

    private static List<Mention> mentions(CastScript script) {
        return Captions.mentions(
                script.prompt().caption(),
                script.parts().stream().map(CastScript.Part::role).toList());
    }

    /** What is said fits the person and nobody else, by their looks alone. */
    @Test
    void wordsFitOnePersonOnly() {
        int found = 0;
        int untold = 0;
        for (int index = 0; index < CLIPS; index++) {
            CastScript script = SOURCE.script(index);
            List<CastIdentity> people = SOURCE.identities(index);
            List<Mention> told = mentions(script).stream().filter(Mention::told).toList();
            for (Mention mention : told) {
                String words = script.prompt()
                        .caption()
                        .substring(mention.start(), mention.end())
                        .toLowerCase(Locale.ROOT);
                CastPrompt.Role role = script.parts().get(mention.person()).role();
                List<CastIdentity> fitting =
                        people.stream().filter(who -> fits(words, role, who)).toList();
                assertThat(fitting).as(words).containsExactly(people.get(mention.person()));
                found++;
            }
            untold += told.isEmpty() ? 1 : 0;
        }
        assertThat(found).isGreaterThan(CLIPS / 2);
        assertThat(untold).as("clips whose words fit nobody in particular").isGreaterThan(CLIPS / 4);
    }

    /** Also where photos do not show of whom, words about clothes are one person's: of everyone in nearly all captions. */
    @Test
    void clothesAreOnePersons() {
        int people = 0;
        int mentioned = 0;
        for (int index = 0; index < CLIPS; index++) {
            CastScript script = SOURCE.script(index);
            String caption = script.prompt().caption().toLowerCase(Locale.ROOT);
            int count = script.parts().size();
            for (Mention mention : mentions(script)) {
                String words = caption.substring(mention.start(), mention.end());
                CastPrompt.Role own = script.parts().get(mention.person()).role();
                assertThat(words).as(caption).contains(own.garment().colour().word());
                for (int n = 0; n < count; n++) {
                    CastPrompt.Garment other = script.parts().get(n).role().garment();
                    if (n != mention.person() && other.colour() == own.garment().colour()) {
                        boolean kinds = other.kind() != own.garment().kind()
                                && words.contains(own.garment().kind().word());
                        assertThat(kinds || words.startsWith("a ")).as(caption).isTrue();
                    }
                }
                mentioned++;
            }
            people += count < 2 ? 0 : count;
        }
        assertThat(mentioned).isGreaterThan(9 * people / 10);
    }

    private static boolean fits(String words, CastPrompt.Role role, CastIdentity who) {
        boolean woman = words.startsWith("a woman");
        return woman == (who.presentation() == Presentation.WOMAN)
                && (role.look() == null
                        || words.contains(role.look().phrase()) && role.look().fits(who));
    }

    /** Tokens are those of the words, first and last. */
    @Test
    void tokensAreThoseOfTheWords() {
        Path demo = Path.of("../models/demo");
        try (Scope scope = Scope.inference();
                T5Tokenizer tokenizer = T5Tokenizer.open(demo.resolve("tokenizer"));
                ClipModels models = ClipModels.open(ModelFolder.open(demo), true, Compute.CPU_FP32)) {
            ClipEncoder encoder = models.encoder(new ClipEncoder.Wanted(64, 1, false, false, true));
            int seen = 0;
            for (int index = 0; seen < 5; index++) {
                Clip clip = SOURCE.clip(index);
                if (clip.mentions().isEmpty()) {
                    continue;
                }
                Map<String, Tensor> features = encoder.encode(clip);
                long[] owners = owners(features, "mentions");
                long[] told = owners(features, "words");
                int[] ids = tokenizer.ids(clip.caption());
                for (Mention mention : clip.mentions()) {
                    int[] owned = IntStream.range(0, owners.length)
                            .filter(i -> owners[i] == mention.person())
                            .map(i -> ids[i])
                            .toArray();
                    assertThat(tokenizer.decode(owned))
                            .isEqualTo(clip.caption().substring(mention.start(), mention.end()));
                }
                for (int i = 0; i < owners.length; i++) {
                    long owner = owners[i];
                    boolean shown =
                            clip.mentions().stream().anyMatch(mention -> mention.person() == owner && mention.told());
                    assertThat(told[i]).isEqualTo(shown ? owner : ClipEncoder.NOBODYS);
                }
                assertThat(owners[owners.length - 1]).isEqualTo(ClipEncoder.NOBODYS);
                seen++;
            }
        }
    }

    private static long[] owners(Map<String, Tensor> features, String name) {
        return Ops.longs(Objects.requireNonNull(features.get(name)).to(ScalarType.Long));
    }
}
