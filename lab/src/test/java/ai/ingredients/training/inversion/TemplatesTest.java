package ai.ingredients.training.inversion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.ingredients.InvalidInputException;
import ai.ingredients.cast.CastSource;
import ai.ingredients.cast.DrawnWorld;
import ai.ingredients.data.Split;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whom a caption tells of, and the words for it. */
class TemplatesTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        A woman in a red coat waves in a park.            | {} in a red coat waves in a park.
        On a beach at night, a man in a blue shirt sits.  | On a beach at night, {} in a blue shirt sits.
        Slow pan of a woman in an orange dress nodding.   | Slow pan of {} in an orange dress nodding.
        A young, tired man reads.                         | A young, tired man reads.
        A bearded old man with a red car reads.           | {} with a red car reads.
        A girl runs. The girl falls, and she laughs.      | {} runs. {} falls, and she laughs.
        In a park one boy's kite flies.                   | In a park {}'s kite flies.
        """)
    void onePersonIsLeftOut(String caption, String template) {
        assertThat(Templates.of(caption)).isEqualTo(template.equals(caption) ? null : template);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "A park in the rain.",
                "A woman and a man talk.",
                "A woman waves; the man looks away.",
                "A man walks through a crowd.",
                "Two women talk.",
                "A woman meets another woman.",
                "The woman waves.",
                "A man-made lake.",
                "A woman says {}."
            })
    void whatIsNotCertainIsLeftAlone(String caption) {
        assertThat(Templates.of(caption)).isNull();
    }

    @Test
    void everyDrawnCaptionOfOnePersonWillDo() {
        CastSource source = new CastSource(Split.TRAIN, 300, 3, 1);
        for (int i = 0; i < source.size(); i++) {
            String caption = source.prompt(i).caption();
            String template = Templates.of(caption);
            assertThat(template).as(caption).isNotNull();
            assertThat(Templates.naming(String.valueOf(template), "a woman").toLowerCase(java.util.Locale.ROOT))
                    .isEqualTo(caption.toLowerCase(java.util.Locale.ROOT).replaceFirst("\\ba man\\b", "a woman"));
        }
        CastSource two = new CastSource(Split.TRAIN, 100, 3, 2);
        for (int i = 0; i < two.size(); i++) {
            assertThat(Templates.of(two.prompt(i).caption())).isNull();
        }
    }

    @Test
    void templatesNameSomebody() {
        Templates.check("captions", Templates.ENGLISH);
        Templates.check("captions", new DrawnWorld().templates());
        assertThatThrownBy(() -> Templates.check("captions", List.of("{} sits.", "A photo.")))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("captions has \"A photo.\", which names nobody");
    }
}
