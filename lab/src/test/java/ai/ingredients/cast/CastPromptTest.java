package ai.ingredients.cast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.ingredients.InvalidInputException;
import ai.ingredients.cast.CastIdentity.Presentation;
import ai.ingredients.cast.CastPrompt.Action;
import ai.ingredients.cast.CastPrompt.Camera;
import ai.ingredients.cast.CastPrompt.Cut;
import ai.ingredients.cast.CastPrompt.Dye;
import ai.ingredients.cast.CastPrompt.Garment;
import ai.ingredients.cast.CastPrompt.Light;
import ai.ingredients.cast.CastPrompt.Role;
import ai.ingredients.cast.CastPrompt.Scene;
import ai.ingredients.data.Split;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class CastPromptTest {
    private static List<CastPrompt> draw(Split split, int count) {
        SplittableRandom random = new SplittableRandom(7 + split.ordinal());
        List<CastPrompt> prompts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            CastPrompt bare = CastPrompt.draw(random, split, 1 + i % 3);
            prompts.add(CastScript.of(bare, split, random.nextLong()).prompt());
        }
        return prompts;
    }

    @ParameterizedTest
    @EnumSource(Split.class)
    void aCaptionIsUnderstoodAsItWasMeant(Split split) {
        for (CastPrompt prompt : draw(split, 600)) {
            assertThat(CastPrompt.parse(prompt.caption())).isEqualTo(prompt);
        }
    }

    @ParameterizedTest
    @EnumSource(Split.class)
    void captionsAreShort(Split split) {
        for (CastPrompt prompt : draw(split, 600)) {
            assertThat(prompt.caption().split(" ")).hasSizeLessThanOrEqualTo(44);
            assertThat(prompt.caption().toLowerCase(Locale.ROOT))
                    .doesNotContainPattern("\\b(center|beside|behind|front|first|second|third)\\b")
                    .doesNotContain("  ", " ,", "..")
                    .endsWith(".");
        }
    }

    @Test
    void wordingVaries() {
        List<Role> roles = List.of(
                new Role(Presentation.WOMAN, new Garment(Dye.RED, Cut.COAT)),
                new Role(Presentation.WOMAN, new Garment(Dye.GREEN, Cut.COAT)));
        CastPrompt bare = new CastPrompt(Scene.PARK, Action.TALK, Light.DAY, Camera.STILL, roles, "");
        SplittableRandom random = new SplittableRandom(1);
        Set<String> captions = new HashSet<>();
        for (int i = 0; i < 200; i++) {
            captions.add(words(bare, random));
        }

        assertThat(captions)
                .hasSizeGreaterThan(20)
                .contains("Two women in red and green coats talk in a sunny park.")
                .contains("In a sunny park, two women in green and red coats talk.");
    }

    private static String words(CastPrompt bare, SplittableRandom random) {
        return CastScript.of(bare, Split.TRAIN, random.nextLong()).prompt().caption();
    }

    @Test
    void placesAndLooksAreUnderstood() {
        CastPrompt before =
                CastPrompt.parse("On the left a woman in a blue sweater, in the middle a man in a red coat and"
                        + " on the right a woman in a teal dress talk in a park.");
        CastPrompt after =
                CastPrompt.parse("In an office, a bald man in a red coat on the right and a woman with gray hair"
                        + " in a green shirt on the left nod.");

        assertThat(before.people()).extracting(Role::place).containsExactly(Place.LEFT, Place.MIDDLE, Place.RIGHT);
        assertThat(after.people()).extracting(Role::place).containsExactly(Place.RIGHT, Place.LEFT);
        assertThat(after.people().getLast().look()).isEqualTo(new Look(Look.Kind.HAIR, CastIdentity.HairColour.GREY));
        assertThat(after.people().getLast().garment()).isEqualTo(new Garment(Dye.GREEN, Cut.SHIRT));
        CastScript script = CastScript.of(after, Split.TEST, 3);
        for (CastScript.Part part : script.parts()) {
            assertThat(part.place()).isEqualTo(part.role().place());
            assertThat(part.role().look() == null || part.role().look().fits(part.who()))
                    .isTrue();
        }
        CastPrompt crowded = CastPrompt.parse(
                "A man in a red coat on the left and a woman in a green shirt on the left nod in an office.");
        assertThatThrownBy(() -> CastScript.of(crowded, Split.TEST, 3))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("on the left");
    }

    @Test
    void theLongestPromptHasShortWords() {
        List<Role> roles = List.of(
                new Role(Presentation.MAN, new Garment(Dye.ORANGE, Cut.HOODIE)),
                new Role(Presentation.MAN, new Garment(Dye.ORANGE, Cut.COAT)),
                new Role(Presentation.WOMAN, new Garment(Dye.ORANGE, Cut.DRESS)));
        for (Light light : Light.values()) {
            CastPrompt bare = new CastPrompt(Scene.FOREST, Action.LOOK_AROUND, light, Camera.ZOOM, roles, "");
            for (long seed = 0; seed < 40; seed++) {
                assertThat(CastScript.of(bare, Split.TRAIN, seed)
                                .prompt()
                                .caption()
                                .split(" "))
                        .hasSizeLessThanOrEqualTo(44);
            }
        }
    }

    @Test
    void noPromptIsInTwoSplits() {
        for (Split split : Split.values()) {
            for (CastPrompt prompt : draw(split, 1000)) {
                assertThat(prompt.split()).isEqualTo(split);
                List<Role> turned = new ArrayList<>(prompt.people());
                Collections.reverse(turned);
                CastPrompt other =
                        new CastPrompt(prompt.scene(), prompt.action(), Light.NIGHT, Camera.PAN, turned, "other words");
                assertThat(other.split()).isEqualTo(split);
            }
        }
    }

    @Test
    void everyWordOfTheGrammarIsUsed() {
        Set<Object> used = new HashSet<>();
        for (CastPrompt prompt : draw(Split.TRAIN, 2000)) {
            used.addAll(List.of(prompt.scene(), prompt.action(), prompt.light(), prompt.camera()));
            prompt.people()
                    .forEach(role -> used.addAll(List.of(
                            role.presentation(),
                            role.garment().colour(),
                            role.garment().kind())));
        }

        assertThat(used).hasSize(12 + 11 + 5 + 3 + 2 + 12 + 5);
    }

    @Test
    void usersMayPhraseIt() {
        CastPrompt prompt = CastPrompt.parse("In golden light: a MAN with a grey hoodie and two women, "
                + "wearing orange dresses, are dancing on the beach");

        assertThat(prompt.scene()).isEqualTo(Scene.BEACH);
        assertThat(prompt.action()).isEqualTo(Action.DANCE);
        assertThat(prompt.light()).isEqualTo(Light.WARM);
        assertThat(prompt.camera()).isEqualTo(Camera.STILL);
        assertThat(prompt.people())
                .containsExactly(
                        new Role(Presentation.MAN, new Garment(Dye.GRAY, Cut.HOODIE)),
                        new Role(Presentation.WOMAN, new Garment(Dye.ORANGE, Cut.DRESS)),
                        new Role(Presentation.WOMAN, new Garment(Dye.ORANGE, Cut.DRESS)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "A woman in a red coat waves. | names no scene that can be drawn; use one of park, beach",
                "A woman in a red coat flies in a park. | names no action that can be drawn; use one of wave, nod",
                "A woman waves in a park. | tells the clothes of 0 of 1 people",
                "Two men in a red coat wave in a park. | tells the clothes of 1 of 2 people",
                "A dog waves in a park. | tells the clothes of 0 of 0 people",
                "Three men in red coats and a woman in a red dress wave in a park. | tells the clothes of 4 of 4"
                        + " people",
            })
    void whatCannotBeDrawnIsRefused(String caption, String message) {
        assertThatThrownBy(() -> CastPrompt.parse(caption))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining(caption)
                .hasMessageContaining(message);
    }
}
