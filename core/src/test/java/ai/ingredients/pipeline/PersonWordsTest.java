package ai.ingredients.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.ingredients.InvalidInputException;
import ai.ingredients.face.PersonName;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Names in prompts become words. */
class PersonWordsTest {
    private static final PersonWords WORDS = new PersonWords(
            List.of("anna", PersonName.NONE, "Zoë", "jo_2"), Map.of("Anna", "a woman in red", "jo_2", "an old man"));

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "@anna waves.                        | A woman in red waves.",
                "In a park @anna waves to @jo_2.     | In a park a woman in red waves to an old man.",
                "@anna and @jo_2. @anna and @jo_2    | A woman in red and an old man. The woman in red and the old man",
                "Here is @zoë, and @ZOË's coat       | Here is a person, and the person's coat",
                "It rains! @anna's hair, (@zoë)      | It rains! A woman in red's hair, (a person)",
                "1.@anna                             | 1.a woman in red",
                "write to a@b.org or anna@anna       | write to a@b.org or anna@anna",
                "@@anna, @@ and a@@b                 | @anna, @ and a@b",
                "@@@anna                             | @a woman in red",
                "at 5 @ noon, @5, @-, @              | at 5 @ noon, @5, @-, @",
                "$1 \\ @anna $0                      | $1 \\ a woman in red $0",
                "nobody                              | nobody"
            })
    void namesBecomeWords(String typed, String expanded) {
        assertThat(WORDS.expand("prompt", typed)).isEqualTo(expanded);
    }

    @Test
    void itIsKnownWhichWordsStandForWhom() {
        PersonWords.Expanded read = WORDS.read("prompt", "@anna waves to @zoë, @@anna, and @jo_2. @anna!");
        assertThat(read.text()).isEqualTo("A woman in red waves to a person, @anna, and an old man. The woman in red!");
        assertThat(read.mentions().stream()
                        .map(mention -> mention.person() + read.text().substring(mention.start(), mention.end())))
                .containsExactly("0A woman in red", "2a person", "3an old man", "0The woman in red");
    }

    @Test
    void anAccentOfTwoCharactersIsTheSameName() {
        assertThat(WORDS.expand("prompt", "for @zoe\u0308")).isEqualTo("for a person");
    }

    @ParameterizedTest
    @ValueSource(strings = {"@bob waves", "anna and @annabel", "@anna_", "(@bob)"})
    void whoIsNotThereIsRefused(String typed) {
        assertThatThrownBy(() -> WORDS.expand("negative prompt", typed))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("the negative prompt mentions @")
                .hasMessageContaining("names are anna, Zoë, jo_2")
                .hasMessageContaining("@@");
    }

    @Test
    void whoIsNotMentionedIsKnown() {
        assertThat(WORDS.unmentioned(List.of("@anna and a@zoë", ""))).containsExactly("Zoë", "jo_2");
        assertThat(WORDS.unmentioned(List.of("@@anna", "@jo_2 @Zoë"))).containsExactly("anna");
        assertThat(WORDS.unmentioned(List.of("@ANNA @bob", "@jo_2 @Zoë"))).isEmpty();
    }

    @Test
    void namesAndRolesAreChecked() {
        for (List<String> names : List.of(List.of("anna", "Anna"), List.of("zoë", "zoe\u0308"))) {
            refused(names, Map.of(), "two people are called");
        }
        for (String name : new String[] {"1", "_a", "a-b", "a b", "a@b", "a="}) {
            refused(List.of(name), Map.of(), "no name");
        }
        refused(List.of("anna"), Map.of("bob", "a man"), "the role of bob");
        refused(List.of(PersonName.NONE), Map.of("bob", "a man"), "no person has a name");
        refused(List.of("anna"), Map.of("anna", " "), "empty");
    }

    private static void refused(List<String> names, Map<String, String> roles, String fragment) {
        assertThatThrownBy(() -> new PersonWords(names, roles))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining(fragment);
    }
}
