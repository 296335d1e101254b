package ai.ingredients.cli;

/** Where the log of a service goes: standard error, a line each, for whatever keeps the logs of this machine. */
final class ServiceLog {
    private static final String FORMAT = "java.util.logging.SimpleFormatter.format";

    private ServiceLog() {}

    static void toStandardError() {
        if (System.getProperty(FORMAT) == null) {
            System.setProperty(FORMAT, "%1$tFT%1$tT%1$tz %4$s %5$s%6$s%n");
        }
    }
}
