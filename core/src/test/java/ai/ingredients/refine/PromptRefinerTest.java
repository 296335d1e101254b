package ai.ingredients.refine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import ai.ingredients.pipeline.PersonWords;
import ai.ingredients.refine.PromptRefiner.Refined;
import ai.ingredients.testing.ChatServer;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is asked of a language model, and what of its answers is taken. */
class PromptRefinerTest {
    private static final String KEY = "sk-very-secret";

    private final ChatServer server = new ChatServer();

    @AfterEach
    void stop() {
        server.close();
    }

    private Refined refine(String prompt) {
        return new PromptRefiner(server.url() + "/", "tiny", KEY).refine(prompt, "", PersonWords::standIns);
    }

    @Test
    void theAnswerIsThePromptInOneLine() {
        server.says("  @Anna and <cat> walk.\n\nIt  rains.\n");

        Refined refined = new PromptRefiner(server.url(), "tiny", KEY)
                .refine("@anna with <cat>, me@home.org", "@anna: a woman in red\n", PersonWords::standIns);

        assertThat(refined)
                .isEqualTo(new Refined("@Anna and <cat> walk. It rains.", "@anna with <cat>, me@home.org", "tiny"));
        assertThat(server.keys()).containsExactly("Bearer " + KEY);
        JsonNode asked = server.asked().getFirst();
        assertThat(asked.path("model").asText()).isEqualTo("tiny");
        assertThat(asked.at("/messages/0/role").asText()).isEqualTo("system");
        assertThat(asked.at("/messages/1/content").asText())
                .isEqualTo("@anna with <cat>, me@home.org\n\nPeople:\n@anna: a woman in red\n");
    }

    @Test
    void withoutAKeyNoneIsSent() {
        server.says("A walk in the rain.");
        new PromptRefiner(server.url(), "tiny", " ").refine("A walk.", "", PersonWords::standIns);
        assertThat(server.keys()).containsExactly("null");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "A woman walks with <cat>.|leaves out @anna",
                "@anna walks.|leaves out <cat>",
                "Two walk.|leaves out @anna, <cat>",
                "@anna, @bob and <cat> walk.|names @bob, whom the prompt does not",
                "@anna and <cat> meet <dog>.|names <dog>, whom the prompt does not"
            })
    void whoeverIsInThePromptMustBeInTheAnswer(String answer, String message) {
        server.says(answer);
        assertThatThrownBy(() -> refine("@anna walks <cat>."))
                .isInstanceOf(OperationFailedException.class)
                .hasMessage("the language model's answer " + message + "; ask again, or say the prompt yourself");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "401|{\"error\": {\"message\": \"wrong key sk-very-secret\"}}|answered 401 and no text; check the key",
                "404|nothing|answered 404 and no text; check the address",
                "500|''|answered 500 and no text",
                "200|<html>|answer is no JSON",
                "200|{\"choices\": []}|answered 200 and no text",
                "200|{\"choices\": [{\"message\": {\"content\": \" \"}}]}|answered 200 and no text"
            })
    void anythingElseIsOneLineWithoutTheKey(int status, String body, String message) {
        server.sends(status, body);
        assertThatThrownBy(() -> refine("A walk."))
                .isInstanceOf(OperationFailedException.class)
                .hasMessageContaining(message)
                .hasMessageNotContaining("secret");
    }

    @Test
    void endlessAnswersEnd() {
        server.says("word ".repeat(2000));
        assertThatThrownBy(() -> refine("A walk.")).hasMessageContaining("no prompt has more than 8000");
        server.says("word ".repeat(1 << 18));
        assertThatThrownBy(() -> refine("A walk.")).hasMessageContaining("cannot be reached, or broke off");
    }

    @Test
    void nobodyThereAndNobodyAnswering() throws IOException {
        int port;
        try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = silent.getLocalPort();
            PromptRefiner refiner = new PromptRefiner("http://127.0.0.1:" + port, "tiny", null, Duration.ofSeconds(1));
            assertThatThrownBy(() -> refiner.refine("A walk.", "", PersonWords::standIns))
                    .isInstanceOf(OperationFailedException.class)
                    .hasMessage("the language model did not answer within 1 s");
        }
        PromptRefiner refiner = new PromptRefiner("http://127.0.0.1:" + port, "tiny", null);
        assertThatThrownBy(() -> refiner.refine("A walk.", "", PersonWords::standIns))
                .isInstanceOf(OperationFailedException.class)
                .hasMessageContaining("127.0.0.1 cannot be reached");
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost", "file:///etc/passwd", "http://", "http://a b/", "http://me:sk-secret@host/v1"})
    void addressesThatAreNone(String url) {
        assertThatThrownBy(() -> new PromptRefiner(url, "tiny", null))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageStartingWith("the address of the language model")
                .hasMessageNotContaining("secret");
    }

    @Test
    void aKeyThatNoHeaderCanHaveIsRefusedUnseen() {
        assertThatThrownBy(() -> new PromptRefiner("http://localhost/v1", "tiny", "sk-secret\nX: y"))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageNotContaining("secret");
    }
}
