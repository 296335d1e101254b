package ai.ingredients;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.simpleName;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.name;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds the arrows between packages, so that data keeps walking through the rooms in one direction. */
class ArchitectureTest {
    private static final String ROOT = "ai.ingredients";

    /** The models: each sees layers, weights and tensors, and none sees another one. */
    private static final List<String> MODELS = List.of("text", "vae", "face", "diffusion", "transformer");

    /**
     * Every room and the rooms it may use. All may use {@code io} and the exceptions of the root package, which use
     * nobody.
     */
    private static final Map<String, List<String>> ROOMS = rooms();

    /** The rooms of module training but {@code data} and {@code sam}, for who may use all of them. */
    private static final String TRAINING = "training";

    private static final DescribedPredicate<JavaClass> FRONT_DOOR = resideInAPackage(ROOT)
            .and(not(name(ROOT + ".ForeignText")))
            .and(not(name(ROOT + ".InvalidInputException")))
            .and(not(name(ROOT + ".OperationFailedException")))
            .and(not(simpleName("package-info")))
            .as("belong to the front door");

    private static JavaClasses program;

    private static Map<String, List<String>> rooms() {
        Map<String, List<String>> rooms = new LinkedHashMap<>();
        rooms.put("io", List.of());
        rooms.put("hub", List.of());
        rooms.put("refine", List.of());
        rooms.put("tensor", List.of());
        rooms.put("weights", List.of("tensor"));
        rooms.put("nn", List.of("tensor", "weights"));
        rooms.put("media", List.of("tensor"));
        for (String model : MODELS) {
            rooms.put(model, List.of("tensor", "weights", "nn"));
        }
        rooms.put("face", List.of("tensor", "weights", "nn", "media")); // its input and its canvas are pictures
        rooms.put(
                "pipeline",
                rooms.keySet().stream()
                        .filter(room -> !room.equals("hub") && !room.equals("refine"))
                        .toList());
        List<String> upToPipeline = List.copyOf(rooms.keySet());
        // module training: knows no drawn world
        rooms.put("data", List.of("media", "face", "weights"));
        rooms.put("sam", List.of("tensor", "weights", "nn", "media")); // masks that label clips
        List<String> training = with(upToPipeline, "data", "sam");
        rooms.put("training.config", List.of());
        rooms.put("training.loop", List.of("training.config", "data", "media", "pipeline", "tensor", "weights"));
        rooms.put("training.features", with(training, "training.loop"));
        // a stage knows the loop and, where it learns from what frozen models make of clips, these; hardly another
        // stage
        List<String> stage = List.of("training.config", "training.loop", "data", "media", "tensor", "weights");
        List<String> onFeatures = with(stage, "training.features");
        rooms.put("training.vae", with(stage, "vae", "face")); // the canvas shows faces
        rooms.put("training.text", with(stage, "text", "nn"));
        rooms.put("training.face", with(onFeatures, "face", "nn"));
        rooms.put("training.sam", with(stage, "sam", "face"));
        rooms.put("training.diffusion", with(onFeatures, "transformer", "diffusion", "vae", "face", "nn", "pipeline"));
        rooms.put("training.decoder", with(onFeatures, "vae", "face", "training.vae")); // one loss of pictures
        rooms.put("training.inversion", with(stage, "text", "transformer", "diffusion", "vae", "face", "nn"));
        training = with(training, TRAINING);
        // module lab
        rooms.put("cast", List.of("media", "face", "data")); // the drawn world is one source of clips
        rooms.put("metrics", List.of("tensor", "weights", "nn", "media")); // models that only judge
        rooms.put("inspection", upToPipeline); // looks at generations; nothing depends on it
        rooms.put("bench", training); // measures models and training; nothing depends on it
        rooms.put("attributes", with(training, "cast")); // a judge, and how it learns
        rooms.put("evaluation", with(training, "cast", "metrics", "attributes"));
        rooms.put("reproduction", List.copyOf(rooms.keySet())); // nothing depends on it
        return rooms;
    }

    private static List<String> with(List<String> rooms, String... more) {
        return Stream.concat(rooms.stream(), Stream.of(more)).toList();
    }

    static Set<String> roomNames() {
        return ROOMS.keySet();
    }

    @BeforeAll
    static void importProgram() {
        program = new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages(ROOT);
        assertTrue(program.size() > 0, "no class of " + ROOT + " found: this test would hold nothing");
    }

    @ParameterizedTest
    @MethodSource("roomNames")
    void aRoomUsesOnlyTheRoomsBelowIt(String room) {
        String[] allowed = allowedFrom(room).map(ArchitectureTest::inside).toArray(String[]::new);
        DescribedPredicate<JavaClass> forbidden =
                resideInAPackage(ROOT + "..").and(not(resideInAPackage(ROOT))).and(not(resideInAnyPackage(allowed)));
        if (room.equals("transformer")) {
            // The identity of the people in the photos is what the transformer is conditioned on.
            forbidden = forbidden.and(not(name(ROOT + ".face.Identity")));
        }
        noClasses()
                .that()
                .resideInAPackage(inside(room))
                .should()
                .dependOnClassesThat(forbidden.as("are in a room that %s may not use", room))
                .allowEmptyShould(true)
                .check(program);
    }

    /**
     * What computes in the sampling loop crosses between host and device through {@code Transfers} alone, which waits for
     * nothing without being counted.
     */
    @Test
    void theLoopWaitsForNoDeviceUnseen() {
        DescribedPredicate<JavaMethodCall> crossing =
                DescribedPredicate.describe("values or copies of a tensor on another device", call -> {
                    AccessTarget.MethodCallTarget target = call.getTarget();
                    boolean tensor = target.getOwner().isAssignableTo("org.bytedeco.pytorch.TensorBase");
                    List<JavaClass> parameters = target.getRawParameterTypes();
                    boolean to = target.getName().equals("to")
                            && !parameters.isEmpty()
                            && parameters
                                    .getFirst()
                                    .getSimpleName()
                                    .matches("Device|TensorOptions|DeviceOptional|Tensor");
                    return tensor
                            && (to
                                    || target.getName()
                                            .matches("item.*|cpu|cuda|is_nonzero|equal|nonzero|masked_select"));
                });
        noClasses()
                .that(resideInAnyPackage(inside("transformer"), inside("nn"), inside("diffusion"))
                        .or(name(ROOT + ".pipeline.Denoiser")))
                .should()
                .callMethodWhere(crossing)
                .check(program);
    }

    /** Judging anybody's videos loads nothing of the drawn world, nor of the rooms above the measure. */
    @Test
    void evaluationIsBuiltFromTheMeasureUp() {
        String evaluation = ROOT + ".evaluation";
        mayNotUse(evaluation + ".statistics", ".evaluation", ".evaluation.faces", ".evaluation.report");
        mayNotUse(evaluation + ".faces", ".evaluation", ".evaluation.report");
        mayNotUse(evaluation + ".report", ".evaluation", ".evaluation.faces");
        for (String room : List.of("", ".statistics", ".faces", ".report")) {
            mayNotUse(evaluation + room, ".evaluation.drawn", ".cast", ".attributes");
        }
    }

    private static void mayNotUse(String room, String... others) {
        String[] packages = Stream.of(others).map(other -> ROOT + other).toArray(String[]::new);
        noClasses()
                .that()
                .resideInAPackage(room)
                .should()
                .dependOnClassesThat(resideInAnyPackage(packages))
                .check(program);
    }

    /** What every room may throw, and how foreign text is shown, stands below all of them. */
    @Test
    void theExceptionsUseNoRoom() {
        noClasses()
                .that(resideInAPackage(ROOT).and(not(FRONT_DOOR)))
                .should()
                .dependOnClassesThat(resideInAnyPackage(ROOT + ".*..").or(FRONT_DOOR))
                .allowEmptyShould(true)
                .check(program);
    }

    /** The front door stands before the rooms of core: it uses them, and none of them knows it. */
    @ParameterizedTest
    @MethodSource("roomsBehindTheFrontDoor")
    void noRoomOfCoreUsesTheFrontDoor(String room) {
        noClasses()
                .that()
                .resideInAPackage(inside(room))
                .should()
                .dependOnClassesThat(FRONT_DOOR)
                .allowEmptyShould(true)
                .check(program);
    }

    static List<String> roomsBehindTheFrontDoor() {
        return with(ROOMS.getOrDefault("inspection", List.of()), "data", "sam");
    }

    /** Whoever opens the front door meets no native object; {@link Ingredients} has no room for one in its signatures. */
    @Test
    void theFrontDoorShowsNothingNative() {
        for (Class<?> door : List.of(
                Ingredients.class,
                Ingredients.Options.class,
                VideoBuilder.class,
                Video.class,
                People.class,
                Portrait.class,
                Cancellation.class)) {
            for (Method method : door.getMethods()) {
                List<Class<?>> seen = new ArrayList<>(List.of(method.getParameterTypes()));
                seen.add(method.getReturnType());
                for (Class<?> type : seen) {
                    assertFalse(
                            type.getName().startsWith("org.bytedeco")
                                    || type.getName().equals(ROOT + ".tensor.Scope"),
                            method + " shows " + type);
                }
            }
        }
    }

    @Test
    void everyPackageIsAKnownRoom() {
        Set<String> unknown = new TreeSet<>();
        for (JavaClass type : program) {
            String below = type.getPackageName().substring(ROOT.length());
            if (!below.isEmpty()
                    && ROOMS.keySet().stream().noneMatch(room -> (below + ".").startsWith("." + room + "."))) {
                unknown.add(type.getPackageName());
            }
        }
        assertEquals(Set.of(), unknown, "give the new package its place in ArchitectureTest.rooms()");
    }

    @Test
    void everyPackageSaysWhatItHoldsAndIsNullMarked() {
        Set<String> all = new TreeSet<>();
        Set<String> marked = new TreeSet<>();
        for (JavaClass type : program) {
            all.add(type.getPackageName());
            if (type.getSimpleName().equals("package-info") && type.isAnnotatedWith(NullMarked.class)) {
                marked.add(type.getPackageName());
            }
        }
        all.removeAll(marked);
        assertEquals(Set.of(), all, "packages without a package-info.java annotated @NullMarked");
    }

    /** Where the demo's model and configs lie is for the program to say that brings them. */
    @Test
    void noModuleBelowTheAppNamesTheDemosFolders() throws IOException {
        Set<String> named = new TreeSet<>();
        int read = 0;
        for (String module : List.of("core", "training", "lab")) {
            try (Stream<Path> files = Files.walk(Path.of("..", module, "src/main/java"))) {
                for (Path file :
                        files.filter(any -> any.toString().endsWith(".java")).toList()) {
                    // An example in javadoc is no default.
                    String source = Files.readString(file).replaceAll("(?s)/\\*.*?\\*/|//[^\n]*", "");
                    read++;
                    if (source.contains("models/demo") || source.contains("configs/demo")) {
                        named.add(file.toString());
                    }
                }
            }
        }
        assertTrue(read > 300, "only " + read + " files were read");
        assertEquals(Set.of(), named, "these name a folder of the demo: let their caller give the path");
    }

    @Test
    void nothingEndsTheProcess() {
        noClasses()
                .should()
                .callMethod(System.class, "exit", int.class)
                .orShould()
                .callMethod(Runtime.class, "exit", int.class)
                .orShould()
                .callMethod(Runtime.class, "halt", int.class)
                .because("libraries throw; only cli.Main ends the process")
                .check(program);
    }

    @Test
    void nothingPrints() {
        noClasses()
                .should(ACCESS_STANDARD_STREAMS)
                .because("libraries return or reports through listeners; only cli prints")
                .check(program);
    }

    private static Stream<String> allowedFrom(String room) {
        return Stream.concat(Stream.of(room, "io"), ROOMS.getOrDefault(room, List.of()).stream());
    }

    private static String inside(String room) {
        return ROOT + "." + room + "..";
    }
}
