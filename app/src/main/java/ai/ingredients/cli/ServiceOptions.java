package ai.ingredients.cli;

import ai.ingredients.InvalidInputException;
import ai.ingredients.studio.StudioOptions;
import ai.ingredients.studio.StudioOptions.WebhookOptions;
import ai.ingredients.tensor.DType;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What a studio and its workers have in common: data, models, devices. */
final class ServiceOptions {
    private static final long GIB = 1L << 30;
    private static final String SECRET = "INGREDIENTS_WEBHOOK_SECRET";

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "Folder of the studio: its database, photos and videos; workers on other machines mount it"
                    + " (default: ingredients/studio in your data folder).")
    private @Nullable Path data;

    @Option(
            names = "--database",
            paramLabel = "URL",
            description =
                    "A PostgreSQL that studio and workers share: jdbc:postgresql://HOST/NAME, with user and password in"
                            + " PGUSER and PGPASSWORD (default: a SQLite file in the folder, for one process).")
    private @Nullable String database;

    @Option(
            names = "--model",
            paramLabel = "[ID=]DIR",
            description =
                    "A model; once per model, the first is taken where a request names none (default: the demo model in"
                            + " models/demo).")
    private List<String> models = new ArrayList<>();

    @Option(
            names = "--device",
            paramLabel = "DEVICE",
            description = "cpu, cuda or cuda:i; once per device, each makes one video at a time (default: cpu).")
    private List<String> devices = new ArrayList<>();

    @Option(
            names = "--dtype",
            paramLabel = "TYPE",
            description = "fp32, bf16 or fp16 (default: fp32 on the CPU, bf16 on CUDA).")
    private @Nullable String dtype;

    @Option(
            names = "--model-memory",
            paramLabel = "GIB",
            defaultValue = "8",
            description =
                    "Weights that stay loaded on each device, in GiB; what was used longest ago makes room (default:"
                            + " ${DEFAULT-VALUE}).")
    private double memory;

    @Option(
            names = "--retention",
            paramLabel = "DAYS",
            defaultValue = "30",
            description = "How long a video is kept; 0 for until it is deleted (default: ${DEFAULT-VALUE}).")
    private double retention;

    @Option(
            names = "--people-retention",
            paramLabel = "DAYS",
            defaultValue = "180",
            description = "How long a person is kept; 0 for until they are deleted (default: ${DEFAULT-VALUE}).")
    private double peopleRetention;

    @Option(
            names = "--webhooks-anywhere",
            description = "Webhooks may also lead into this machine's own network, which they may not otherwise.")
    private boolean webhooksAnywhere;

    /** Whether several processes share the database. */
    boolean shared() {
        return database != null;
    }

    /** As they are to be opened. */
    StudioOptions options() {
        if (!(memory > 0) || !(retention >= 0) || !(peopleRetention >= 0)) {
            throw new InvalidInputException(
                    "--model-memory " + memory + ", --retention " + retention + " and --people-retention "
                            + peopleRetention + " cannot be used; expected numbers above 0, and 0 or more");
        }
        Path folder = data == null ? usualFolder() : data;
        return StudioOptions.local(folder.toAbsolutePath(), folders()).with(it -> {
            it.database = database;
            it.devices = devices.isEmpty() ? it.devices : devices;
            it.model = dtype == null ? it.model : it.model.withDtype(DType.parse(dtype));
            it.budget = (long) (memory * GIB);
            it.door = null;
            it.retention = days(retention);
            it.peopleRetention = days(peopleRetention);
            it.webhooks = new WebhookOptions(System.getenv(SECRET), webhooksAnywhere);
        });
    }

    private static @Nullable Duration days(double days) {
        return days == 0 ? null : Duration.ofSeconds(Math.round(days * 24 * 3600));
    }

    private static Path usualFolder() {
        String given = System.getenv("XDG_DATA_HOME");
        String home = System.getProperty("user.home");
        if (given != null && !given.isBlank()) {
            return Path.of(given, "ingredients", "studio");
        }
        if (home == null || home.isBlank() || home.equals("?")) {
            throw new InvalidInputException("there is no home folder for the studio's data; name a folder with --data");
        }
        return Path.of(home, ".local", "share", "ingredients", "studio");
    }

    private Map<String, Path> folders() {
        Map<String, Path> folders = new LinkedHashMap<>();
        for (String model : models) {
            int equals = model.indexOf('=');
            Path folder = ModelOption.shipped(Path.of(model.substring(equals + 1)));
            String id = equals > 0
                    ? model.substring(0, equals)
                    : String.valueOf(folder.toAbsolutePath().normalize().getFileName());
            if (!id.matches("[A-Za-z0-9._-]{1,100}")) {
                throw new InvalidInputException("--model " + model + ": " + id
                        + " cannot be a model's name; expected letters, digits, . _ and -; ID=DIR gives another");
            }
            if (folders.put(id, folder) != null) {
                throw new InvalidInputException("--model: two models are called " + id + "; ID=DIR gives another name");
            }
        }
        if (folders.isEmpty()) {
            folders.put("demo", new ModelOption().resolve());
        }
        return folders;
    }
}
