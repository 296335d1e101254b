package ai.ingredients.cli;

import ai.ingredients.InvalidInputException;
import ai.ingredients.face.FaceModels;
import ai.ingredients.pipeline.MemoryEstimate;
import ai.ingredients.pipeline.ModelBundle;
import ai.ingredients.tensor.Compute;
import ai.ingredients.tensor.Memory;
import ai.ingredients.tensor.NativeFolder;
import ai.ingredients.tensor.Natives;
import ai.ingredients.transformer.IdentityHealth;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.bytedeco.pytorch.global.torch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code ingredients doctor}: what is here, what is missing and how to get it. */
@Command(
        name = "doctor",
        sortOptions = false,
        usageHelpAutoWidth = true,
        description = {
            "Tells what this machine can do: Java, libtorch, BLAS, CUDA, memory, and which models are " + "there.",
            ""
        },
        footer = {
            "",
            "Exit code 0: videos can be made; 1: libtorch cannot be loaded, no model was found, or one given with",
            "--model cannot be used."
        })
final class DoctorCommand implements Callable<Integer> {
    /** What libtorch's CUDA natives open at run time. */
    private static final List<String> CUDA_LIBRARIES = List.of(
            "libcudart.so.13",
            "libcublas.so.13",
            "libcublasLt.so.13",
            "libcudnn.so.9",
            "libcufft.so.12",
            "libcusparse.so.12",
            "libcurand.so.10",
            "libcufile.so.0",
            "libnvrtc.so.13",
            "libnccl.so.2");

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--model",
            paramLabel = "DIR",
            description = "Also look at this checkpoint; repeatable (default: every folder in models/ and examples/).")
    private List<Path> models = new ArrayList<>();

    @Option(
            names = "--variant",
            paramLabel = "NAME",
            defaultValue = "",
            description = "Look at the weights of this variant, such as fp16.")
    private String variant = "";

    @Mixin
    private Common common;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        line(out, "Program", Main.Version.text());
        line(out, "Java", Runtime.version() + " at " + System.getProperty("java.home"));
        line(
                out,
                "System",
                System.getProperty("os.name") + " " + System.getProperty("os.arch") + ", "
                        + Runtime.getRuntime().availableProcessors() + " cores");
        line(out, "Memory", gib(Memory.freeOnCpu()) + " free of " + gib(Memory.totalOnCpu()));
        surroundings(out);
        boolean libtorch = libtorch(out);
        if (libtorch) {
            cuda(out);
        }
        List<Path> found = models.isEmpty() ? known() : models;
        if (found.isEmpty()) {
            line(out, "Models", "none in models/ or examples/; `ingredients download REPO` gets one");
        }
        long usable =
                found.stream().filter(folder -> model(out, folder, variant)).count();
        out.flush();
        boolean enough = models.isEmpty() ? usable > 0 : usable == models.size();
        return libtorch && enough ? 0 : 1;
    }

    /** The folders that are written without being asked for. */
    private static void surroundings(PrintWriter out) {
        try {
            line(out, "Natives", state(NativeFolder.path()));
        } catch (IOException e) {
            line(
                    out,
                    "Natives",
                    "no folder to unpack them into: neither the home folder nor the temp folder can be used");
        }
        line(out, "Home", state(Path.of(System.getProperty("user.home"))));
        line(out, "Temp", state(Path.of(System.getProperty("java.io.tmpdir"))));
        line(out, "Text", System.getProperty("sun.jnu.encoding") + " in arguments and names of files");
    }

    /** A folder and what stands in its way. */
    private static String state(Path folder) {
        if (!Files.isDirectory(folder)) {
            return folder + ": does not exist";
        }
        List<String> words = new ArrayList<>();
        words.add(Files.isWritable(folder) ? "writable" : "read-only");
        try {
            words.add(gib(Files.getFileStore(folder).getUsableSpace()) + " free");
        } catch (IOException e) {
            words.add("free space unknown");
        }
        if (Mounts.forbidPrograms(folder)) {
            words.add("mounted noexec: no library can be loaded from it");
        }
        return folder + ": " + String.join(", ", words);
    }

    /** The platform libtorch's natives were built for, as the name of their jar has it; such as linux-x86_64-gpu. */
    private static String platform() {
        Matcher jar = Pattern.compile("pytorch-" + Pattern.quote(Natives.version()) + "-([a-z0-9_-]+)\\.jar")
                .matcher(System.getProperty("java.class.path"));
        return jar.find() ? jar.group(1) : "an unknown platform";
    }

    private static boolean libtorch(PrintWriter out) {
        try {
            Natives.Blas blas = Natives.blas();
            line(
                    out,
                    "libtorch",
                    Natives.version() + " for " + platform() + ", " + torch.get_num_threads() + " threads");
            line(
                    out,
                    "BLAS",
                    switch (blas) {
                        case MKL -> "MKL, in libtorch's thread pool";
                        case OPENBLAS ->
                            "OpenBLAS on one thread, linear layers by oneDNN (MKL is not there for this platform)";
                    });
            return true;
        } catch (LinkageError e) { // also what a failure while Natives was initialised is wrapped in
            Throwable cause = e.getCause() == null ? e : e.getCause();
            line(
                    out,
                    "libtorch",
                    "cannot be loaded: "
                            + String.valueOf(cause.getMessage())
                                    .lines()
                                    .findFirst()
                                    .orElse(""));
            line(out, "", "build for this platform, see the README's section on other platforms");
            return false;
        }
    }

    private static void cuda(PrintWriter out) {
        if (torch.cuda_is_available()) {
            int devices = (int) torch.cuda_device_count();
            for (int i = 0; i < devices; i++) {
                line(out, i == 0 ? "CUDA" : "", "cuda:" + i + ", " + gib(Memory.freeOnCuda(i)) + " free");
            }
            return;
        }
        List<String> missing = new ArrayList<>();
        for (String library : CUDA_LIBRARIES) {
            if (!opens(library)) {
                missing.add(library);
            }
        }
        line(out, "CUDA", "no device in use; the CPU is");
        if (missing.isEmpty()) {
            line(
                    out,
                    "",
                    "CUDA's libraries are here: `" + Shell.command(List.of("--rebuild", "-Pcuda"))
                            + "` makes use of them");
        } else {
            line(out, "", "for CUDA: an NVIDIA driver, these libraries on the library path, and a build with -Pcuda:");
            line(out, "", String.join(" ", missing));
        }
    }

    private static boolean opens(String library) {
        try (Arena arena = Arena.ofConfined()) {
            SymbolLookup.libraryLookup(library, arena);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static List<Path> known() {
        Path home = ModelOption.home();
        List<Path> folders = new ArrayList<>();
        for (String parent : List.of("models", "examples")) {
            if (!Files.isDirectory(home.resolve(parent))) {
                continue;
            }
            try (Stream<Path> children = Files.list(home.resolve(parent))) {
                children.filter(child -> Files.exists(child.resolve("model_index.json")))
                        .sorted()
                        .forEach(folders::add);
            } catch (IOException e) {
                throw new InvalidInputException(
                        home.resolve(parent) + ": cannot be listed (" + e.getMessage() + ")", e);
            }
        }
        return folders;
    }

    private static boolean model(PrintWriter out, Path folder, String variant) {
        try {
            ModelBundle bundle = ModelBundle.open(folder, variant);
            MemoryEstimate estimate = MemoryEstimate.of(bundle, Compute.CPU_FP32);
            String kind = bundle.transformer().identity() != null
                    ? "Ingredients"
                    : bundle.transformer().imageConditioned() ? "CogVideoX image-to-video" : "CogVideoX text-to-video";
            line(out, "Model", folder + ": " + kind + ", " + bundle.defaultSize());
            line(
                    out,
                    "",
                    "weights in fp32: text " + gib(estimate.textEncoder()) + ", transformer "
                            + gib(estimate.transformer()) + ", autoencoder " + gib(estimate.vae())
                            + "; --memory auto would be "
                            + estimate.levelThatFits());
            if (bundle.transformer().identity() != null) {
                FaceModels.missing(folder, variant).forEach(file -> line(out, "", "for photos: " + file));
                identities(out, bundle);
            }
            return true;
        } catch (InvalidInputException e) {
            line(out, "Model", "cannot be used: " + e.getMessage());
            return false;
        }
    }

    /** Whether the model can tell people apart: training can lose that without anything else showing it. */
    private static void identities(PrintWriter out, ModelBundle bundle) {
        IdentityHealth health = bundle.identityHealth();
        if (health != null) {
            line(out, "", health.words());
            if (health.collapsed()) {
                line(out, "", "this extractor has collapsed: photos reach the video by the reference canvas alone");
            }
        }
    }

    private static String gib(long bytes) {
        return bytes < 1L << 30
                ? String.format(Locale.ROOT, "%.0f MiB", bytes / 0x1p20)
                : String.format(Locale.ROOT, "%.1f GiB", bytes / 0x1p30);
    }

    private static void line(PrintWriter out, String label, String text) {
        out.printf("%-10s%s%n", label, text);
    }
}
