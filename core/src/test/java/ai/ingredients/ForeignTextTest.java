package ai.ingredients;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What others wrote is shown, not carried out. */
class ForeignTextTest {
    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '\0',
            delimiter = '|',
            value = {
                "1b 5b 32 4a|\\u001b[2J", // clears the screen
                "61 0a 62 0d 09|a\\nb\\r\\t",
                "00|\\u0000",
                "9b 31 6d|\\u009b1m", // the same as ESC [ in one character
                "202e 67 70 6a|\\u202egpj", // turns what follows around
                "2028|\\u2028",
                "d800 61|\\ud800a",
                "feff|\\ufeff",
                "e0041|\\U000e0041",
            })
    void whatATerminalWouldActOnIsEscaped(String codes, String shown) {
        StringBuilder text = new StringBuilder();
        for (String code : codes.split(" ", -1)) {
            int value = Integer.parseInt(code, 16);
            if (Character.isBmpCodePoint(value)) {
                text.append((char) value);
            } else {
                text.appendCodePoint(value);
            }
        }
        assertThat(ForeignText.shown(text.toString())).isEqualTo(shown);
        assertThat(new InvalidInputException("x " + text)).hasMessage("x " + shown);
        assertThat(new OperationFailedException("x " + text)).hasMessage("x " + shown);
        assertThat(new OperationFailedException("x " + text, new IllegalStateException()))
                .hasMessage("x " + shown);
    }

    @Test
    void whatPeopleWriteStays() {
        String text = "Zoë 走 в парке: \"¿qué?\" – 👩‍👩‍👧 …";
        assertThat(ForeignText.oneLine(text)).isSameAs(text);
        assertThat(ForeignText.shown(text)).isSameAs(text);
    }

    @Test
    void halfCharactersAreTold() {
        assertThat(ForeignText.isWhole("Zoë 👩")).isTrue();
        assertThat(ForeignText.isWhole("a\ud83d")).isFalse();
        assertThat(ForeignText.isWhole("\udc69\ud83d")).isFalse();
    }

    @Test
    void printedTextKeepsItsLines() {
        assertThat(ForeignText.printed("a\n\tb\r\u001b")).isEqualTo("a\n\tb\r\\u001b");
    }

    @Test
    void longTextIsCutInTheMiddle() {
        String text = "a".repeat(60) + "b".repeat(1000) + "c".repeat(60);
        assertThat(ForeignText.shown(text)).isEqualTo("a".repeat(60) + "…(1000 characters)…" + "c".repeat(60));
        assertThat(new InvalidInputException("x".repeat(10_000_000)).getMessage())
                .hasSizeLessThan(8100);
    }
}
