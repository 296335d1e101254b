package ai.ingredients.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.ingredients.InvalidInputException;
import ai.ingredients.OperationFailedException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.Assertions;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The surroundings of the hub: variables, the token file, proxies. */
class HubEnvironmentTest {
    @TempDir
    Path folder;

    /** {@code NAME=value NAME=value}. */
    private static Map<String, String> environment(@Nullable String text) {
        Map<String, String> variables = new HashMap<>();
        for (String one : text == null ? new String[0] : text.split(" ", -1)) {
            int equals = one.indexOf('=');
            variables.put(one.substring(0, equals), one.substring(equals + 1));
        }
        return variables;
    }

    /** The values are those of huggingface_hub 1.33 in the same surroundings. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        HOME=/h                                                        | /h/.cache/huggingface/hub
        HOME=/h XDG_CACHE_HOME=/x                                      | /x/huggingface/hub
        HOME=/h XDG_CACHE_HOME=~/x                                     | /h/x/huggingface/hub
        HOME=/h XDG_CACHE_HOME=/x HF_HOME=/f                           | /f/hub
        HOME=/h HF_HOME=~/f                                            | /h/f/hub
        HOME=/h HF_HOME=~                                              | /h/hub
        HOME=/h HF_HOME=$HOME/f                                        | /h/f/hub
        HOME=/h HF_HOME=${HOME}/f/$NONE                                | /h/f/$NONE/hub
        HOME=/h HF_HOME=/f HUGGINGFACE_HUB_CACHE=/g                    | /g
        HOME=/h HF_HOME=/f HUGGINGFACE_HUB_CACHE=/g HF_HUB_CACHE=/c    | /c
        HOME=/h HF_HOME=/f HF_HUB_CACHE=~/c                            | /h/c
        HOME=/h HF_HOME=/f HF_HUB_CACHE=$HOME/c                        | /h/c
        """)
    void theCacheIsWherePythonHasIt(String variables, Path cache) {
        assertThat(HubOptions.of(environment(variables)).cache()).isEqualTo(cache);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                                                                     |
        HF_TOKEN=a HUGGING_FACE_HUB_TOKEN=b                          | a
        HF_TOKEN= HUGGING_FACE_HUB_TOKEN=b                           | b
        HUGGING_FACE_HUB_TOKEN=b                                     | b
        HF_TOKEN=a HF_HUB_DISABLE_IMPLICIT_TOKEN=1                   |
        HF_TOKEN=a HF_HUB_DISABLE_IMPLICIT_TOKEN=0                   | a
        """)
    void theTokenIsFoundInTheOrderOfPython(@Nullable String variables, @Nullable String token) throws IOException {
        Map<String, String> environment = environment(variables);
        environment.put("HF_HOME", folder.toString());
        assertThat(HubOptions.of(environment).token()).isEqualTo(token);

        Files.writeString(folder.resolve("token"), " from-file\r\n");
        boolean disabled = "1".equals(environment.get("HF_HUB_DISABLE_IMPLICIT_TOKEN"));
        assertThat(HubOptions.of(environment).token()).isEqualTo(token != null || disabled ? token : "from-file");
        Path other = Files.writeString(folder.resolve("other"), "from-other");
        environment.put("HF_TOKEN_PATH", other.toString());
        assertThat(HubOptions.of(environment).token()).isEqualTo(token != null || disabled ? token : "from-other");
    }

    @ParameterizedTest
    @CsvSource({
        "HF_HUB_OFFLINE=1, true",
        "HF_HUB_OFFLINE=yes, true",
        "HF_HUB_OFFLINE=True, true",
        "HF_HUB_OFFLINE=on, true",
        "HF_HUB_OFFLINE=0, false",
        "HF_HUB_OFFLINE=no, false",
        "TRANSFORMERS_OFFLINE=1, true",
        "HF_HUB_OFFLINE=0 TRANSFORMERS_OFFLINE=1, false",
        "HF_HUB_OFFLINE= TRANSFORMERS_OFFLINE=1, true"
    })
    void offlineIsSaidAsToPython(String variables, boolean offline) {
        Map<String, String> environment = environment(variables);
        environment.put("HF_HOME", folder.toString());
        assertThat(HubOptions.of(environment).offline()).isEqualTo(offline);
    }

    @ParameterizedTest
    @ValueSource(strings = {"hf_Secret\u001b[2J", "hf_Secret\u0000", "hf_Secret x", "hf_Secretä", "hf_\nSecret\u007f"})
    void aTokenThatCannotBeOneIsNotRepeated(String token) throws IOException {
        refusedWithout("Secret", Map.of("HF_TOKEN", token), "HF_TOKEN: holds a character");
        refusedWithout("Secret", Map.of("HUGGING_FACE_HUB_TOKEN", token), "HUGGING_FACE_HUB_TOKEN: holds");
        Files.writeString(folder.resolve("token"), token);
        refusedWithout("Secret", Map.of("HF_HOME", folder.toString()), folder.resolve("token") + ": holds");
    }

    @Test
    void aTokenFileThatIsNoneIsNamed() throws IOException {
        Files.write(folder.resolve("token"), new byte[100_000]);
        refusedWithout("\0", Map.of("HF_HOME", folder.toString()), "is no file with an access token");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://me:hunter2@exa mple.org",
                "ftp://me:hunter2@example.org",
                "me:hunter2@example.org",
                "https://me:hunter2@",
                "https://me:hunter2@example.org:99999",
                "https://me:hunter2@[example.org",
                "https://me:hunt@er2:hunter2@example.org/ x",
            })
    void anAddressThatCannotBeOneDoesNotShowItsPassword(String address) {
        refusedWithout("hunter2", Map.of("HF_ENDPOINT", address), "HF_ENDPOINT");
        String proxy = address.contains("://") ? address.replaceFirst("^https://", "socks5://") : "x y " + address;
        refusedWithout("hunter2", Map.of("https_proxy", proxy), "https_proxy");
    }

    private void refusedWithout(String secret, Map<String, String> variables, String says) {
        Map<String, String> environment = new HashMap<>(variables);
        environment.putIfAbsent("HF_HOME", folder.resolve("none").toString());
        Throwable thrown = Assertions.catchThrowable(() -> HubOptions.of(environment));
        assertThat(thrown).isInstanceOf(InvalidInputException.class).hasMessageContaining(says);
        StringWriter everything = new StringWriter();
        thrown.printStackTrace(new PrintWriter(everything, true));
        assertThat(everything.toString()).doesNotContain(secret);
        assertThat(thrown.getMessage()).matches("[\\P{Cc}]+");
    }

    @Test
    void secretsAreInNoDescription() {
        HubOptions options = HubOptions.of(Map.of(
                "HF_ENDPOINT",
                "https://me:hunter2@example.org/hf/",
                "HF_TOKEN",
                "hf_Secret",
                "https_proxy",
                "http://you:hunter3@proxy:3128",
                "HF_HOME",
                folder.toString()));
        assertThat(options.toString() + options.proxy() + options.origin())
                .contains("https://example.org/hf", "proxy:3128")
                .doesNotContain("hunter", "hf_Secret");
        assertThat(options.authorization()).isEqualTo("Bearer hf_Secret");
        assertThat(HubOptions.of(Map.of("HF_ENDPOINT", "https://a:b@example.org", "HF_HOME", folder.toString()))
                        .authorization())
                .isEqualTo("Basic YTpi");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        http_proxy=http://p:1                                      | http://hub/     | p:1
        http_proxy=p:1                                             | http://hub/     | p:1
        http_proxy=http://p:1                                      | https://hub/    |
        https_proxy=http://p:1                                     | https://hub/    | p:1
        HTTPS_PROXY=http://q:2                                     | https://hub/    | q:2
        https_proxy=http://p:1 HTTPS_PROXY=http://q:2              | https://hub/    | p:1
        all_proxy=http://p:1                                       | https://hub/    | p:1
        ALL_PROXY=http://p:1 https_proxy=http://q:2                | https://hub/    | q:2
        HTTP_PROXY=http://p:1                                      | http://hub/     | p:1
        HTTP_PROXY=http://p:1 REQUEST_METHOD=GET                   | http://hub/     |
        https_proxy=http://p                                       | https://hub/    | p:80
        https_proxy=http://p:1 no_proxy=hub                        | https://hub/    |
        https_proxy=http://p:1 NO_PROXY=a,hub                      | https://hub/    |
        https_proxy=http://p:1 no_proxy=example.org                | https://a.example.org/ |
        https_proxy=http://p:1 no_proxy=.example.org               | https://a.example.org/ |
        https_proxy=http://p:1 no_proxy=*.example.org              | https://A.Example.ORG/ |
        https_proxy=http://p:1 no_proxy=ample.org                  | https://example.org/   | p:1
        https_proxy=http://p:1 no_proxy=hub:444                    | https://hub/    | p:1
        https_proxy=http://p:1 no_proxy=hub:443                    | https://hub/    |
        https_proxy=http://p:1 no_proxy=*                          | https://hub/    |
        https_proxy=http://p:1 no_proxy=                           | https://hub/    | p:1
        https_proxy=http://p:1 no_proxy=::1                        | https://[::1]/  |
        """)
    void proxiesAreThoseOfTheScheme(String variables, URI target, @Nullable String expected) {
        HubProxy proxy = HubProxy.of(environment(variables));
        URI found = proxy.on(target);
        assertThat(found == null ? null : found.getHost() + ":" + (found.getPort() < 0 ? 80 : found.getPort()))
                .isEqualTo(expected);
    }

    @Test
    void requestsGoThroughTheProxyWithItsPassword() throws IOException {
        try (RawServer proxy = new RawServer((request, out) -> out.write(RawServer.answer("404 No", "", "")))) {
            String address = proxy.address().toString().replace("//", "//you:hunter3@");
            for (String endpoint : List.of("http://hub.invalid", "https://hub.invalid")) {
                Map<String, String> environment = Map.of(
                        "HF_ENDPOINT",
                        endpoint,
                        "http_proxy",
                        address,
                        "https_proxy",
                        address,
                        "HF_HOME",
                        folder + "",
                        "HF_TOKEN",
                        "hf_Secret");
                HubOptions read = HubOptions.of(environment);
                HubOptions quick = new HubOptions(
                        read.endpoint(),
                        read.token(),
                        read.cache(),
                        false,
                        read.proxy(),
                        1,
                        1,
                        Duration.ofMillis(1),
                        Duration.ofSeconds(20));
                assertThatThrownBy(() -> {
                            try (HubClient client = new HubClient(quick)) {
                                client.download("org/name", "main", List.of(), null, (done, total) -> {});
                            }
                        })
                        .isInstanceOfAny(InvalidInputException.class, OperationFailedException.class)
                        .hasMessageNotContainingAny("hunter3", "hf_Secret");
            }
            assertThat(proxy.heads())
                    .hasSize(2)
                    .allMatch(head -> head.contains("Proxy-Authorization: Basic eW91Omh1bnRlcjM="));
            assertThat(proxy.heads().get(0)).startsWith("GET http://hub.invalid/api/models/org/name/revision/main ");
            assertThat(proxy.heads().get(1))
                    .startsWith("CONNECT hub.invalid:443 ")
                    .doesNotContain("hf_Secret"); // that is for the hub, encrypted
        }
    }
}
