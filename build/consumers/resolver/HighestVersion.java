import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.eclipse.aether.RepositorySystem;
import org.eclipse.aether.artifact.Artifact;
import org.eclipse.aether.artifact.DefaultArtifact;
import org.eclipse.aether.collection.CollectRequest;
import org.eclipse.aether.graph.Dependency;
import org.eclipse.aether.repository.LocalRepository;
import org.eclipse.aether.resolution.ArtifactDescriptorRequest;
import org.eclipse.aether.resolution.ArtifactResult;
import org.eclipse.aether.resolution.DependencyRequest;
import org.eclipse.aether.supplier.RepositorySystemSupplier;
import org.eclipse.aether.supplier.SessionBuilderSupplier;

/**
 * Prints the run-time class path of a Gradle build whose dependencies are written one a line, as Gradle would choose it: of
 * each library the highest version that anybody asks for, and no profile looks at the operating system. Arguments: the build
 * file, and the local repository that everything lies in.
 */
final class HighestVersion {
    private static final Pattern PLATFORM = Pattern.compile("platform\\(\"([^\"]+)\"\\)");
    private static final Pattern DEPENDENCY = Pattern.compile("(?:implementation|runtimeOnly)\\(\"([^\"]+)\"\\)");
    private static final Pattern KOTLIN = Pattern.compile("kotlin\\(\"jvm\"\\) version \"([^\"]+)\"");

    public static void main(String[] args) throws Exception {
        String build = Files.readString(Path.of(args[0]));
        RepositorySystem system = new RepositorySystemSupplier().get();
        try (var session = new SessionBuilderSupplier(system)
                .get()
                // "simple": whoever put a file there, it counts.
                .withLocalRepositories(new LocalRepository(Path.of(args[1]), "simple"))
                .setSystemProperty("java.version", System.getProperty("java.version"))
                .setConfigProperty("aether.conflictResolver.versionSelector.selectionStrategy", "highest")
                .setOffline(true)
                .build()) {
            Map<String, Artifact> managed = new HashMap<>();
            for (String platform : all(PLATFORM, build)) {
                Artifact bom = new DefaultArtifact(platform.replaceFirst(":([^:]*)$", ":pom:$1"));
                for (Dependency dependency : system.readArtifactDescriptor(
                                session, new ArtifactDescriptorRequest(bom, List.of(), null))
                        .getManagedDependencies()) {
                    Artifact artifact = dependency.getArtifact();
                    managed.put(artifact.getGroupId() + ":" + artifact.getArtifactId(), artifact);
                }
            }
            List<Dependency> wanted = new ArrayList<>();
            for (String name : all(DEPENDENCY, build)) {
                Artifact artifact = managed.containsKey(name) ? managed.get(name) : new DefaultArtifact(name);
                wanted.add(new Dependency(artifact, "runtime"));
            }
            for (String version : all(KOTLIN, build)) { // which the plugin adds by itself
                wanted.add(new Dependency(new DefaultArtifact("org.jetbrains.kotlin:kotlin-stdlib:" + version), "runtime"));
            }
            System.out.println(system
                    .resolveDependencies(
                            session, new DependencyRequest(new CollectRequest(wanted, List.of(), List.of()), null))
                    .getArtifactResults()
                    .stream()
                    .map(ArtifactResult::getArtifact)
                    .filter(artifact -> !artifact.getExtension().equals("pom"))
                    .map(artifact -> artifact.getPath().toString())
                    .collect(Collectors.joining(":")));
        }
    }

    private static List<String> all(Pattern pattern, String text) {
        return pattern.matcher(text).results().map(found -> found.group(1)).toList();
    }
}
