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
            prompts.add(CastPrompt.draw(random, split, 1 + i % 3));
        }
        return prompts;
    }

    @ParameterizedTest
    @EnumSource(Split.class)
    void aCaptionIsUnderstoodAsItWasMeant(Split split) {
        for (CastPrompt prompt : draw(split, 2000)) {
            assertThat(CastPrompt.parse(prompt.caption())).isEqualTo(prompt);
        }
    }

    @ParameterizedTest
    @EnumSource(Split.class)
    void captionsAreShortAndSayNothingOfPlaces(Split split) {
        for (CastPrompt prompt : draw(split, 2000)) {
            assertThat(prompt.caption().split(" ")).hasSizeLessThanOrEqualTo(30);
            assertThat(prompt.caption().toLowerCase(Locale.ROOT))
                    .doesNotContainPattern("\\b(left|right|middle|center|beside|behind|front|first|second|third)\\b")
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
            captions.add(bare.worded(random).caption());
        }

        assertThat(captions)
                .hasSizeGreaterThan(20)
                .contains("Two women in red and green coats talk in a sunny park.")
                .contains("In a sunny park, two women in green and red coats talk.");
    }

    @Test
    void theLongestPromptHasShortWords() {
        List<Role> roles = List.of(
                new Role(Presentation.MAN, new Garment(Dye.ORANGE, Cut.HOODIE)),
                new Role(Presentation.MAN, new Garment(Dye.ORANGE, Cut.COAT)),
                new Role(Presentation.WOMAN, new Garment(Dye.ORANGE, Cut.DRESS)));
        for (Light light : Light.values()) {
            CastPrompt bare = new CastPrompt(Scene.FOREST, Action.LOOK_AROUND, light, Camera.ZOOM, roles, "");
            assertThat(bare.worded(new SplittableRandom(1)).caption().split(" "))
                    .hasSizeLessThanOrEqualTo(30);
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
