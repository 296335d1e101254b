package ai.ingredients.cli;

import ai.ingredients.InvalidInputException;
import ai.ingredients.pipeline.PersonWords;
import ai.ingredients.pipeline.Placement;
import ai.ingredients.pipeline.Placement.Region;
import ai.ingredients.pipeline.Placement.Span;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A value of {@code --place}: {@code 1=left}, {@code anna=0.5,0,1,1@0-1.5}.
 *
 * @param typed all of it
 * @param who a number from 1 or a name
 */
record PlaceOption(
        String typed, String who, Region region, @Nullable Span span) {
    private static final String FORM =
            "use N=left, middle, right or x0,y0,x1,y1 (N is a person's number from 1, or their name), and @from-to in"
                    + " seconds behind it for a part of the video";

    /** Reads what was typed. */
    static PlaceOption parse(String typed) {
        int equal = typed.indexOf('=');
        int at = typed.indexOf('@');
        if (equal < 1 || (at >= 0 && at < equal)) {
            throw wrong(typed);
        }
        String where = typed.substring(equal + 1, at < 0 ? typed.length() : at).strip();
        try {
            return new PlaceOption(
                    typed,
                    typed.substring(0, equal).strip(),
                    region(typed, where),
                    at < 0 ? null : span(typed, typed.substring(at + 1).strip()));
        } catch (InvalidInputException e) {
            throw prefixed(typed, e);
        }
    }

    private static Region region(String typed, String where) {
        return switch (where) {
            case "left" -> Region.LEFT;
            case "middle" -> Region.MIDDLE;
            case "right" -> Region.RIGHT;
            default -> {
                double[] corners = numbers(typed, where.split(",", -1), 4);
                yield new Region(corners[0], corners[1], corners[2], corners[3]);
            }
        };
    }

    private static Span span(String typed, String when) {
        double[] ends = numbers(typed, when.split("-", -1), 2);
        return new Span(ends[0], ends[1]);
    }

    private static double[] numbers(String typed, String[] texts, int count) {
        if (texts.length != count
                || !Arrays.stream(texts).allMatch(text -> text.strip().matches("-?(\\d+\\.?\\d*|\\.\\d+)"))) {
            throw wrong(typed);
        }
        return Arrays.stream(texts)
                .map(String::strip)
                .mapToDouble(Double::parseDouble)
                .toArray();
    }

    private static InvalidInputException wrong(String typed) {
        return new InvalidInputException("--place " + typed + " cannot be read; " + FORM);
    }

    private static InvalidInputException prefixed(String typed, InvalidInputException e) {
        String start = "--place " + typed;
        return e.getMessage().startsWith(start) ? e : new InvalidInputException(start + ": " + e.getMessage(), e);
    }

    /** The place of one of {@code people}. */
    Placement of(PersonWords names, int people) {
        return new Placement(person("--place " + typed, who, names, people), region, span);
    }

    /** The index of the person whom {@code who}, a number from 1 or a name, means. */
    static int person(String option, String who, PersonWords names, int people) {
        if (who.matches("\\d{1,9}")) {
            int number = Integer.parseInt(who);
            if (number < 1 || number > people) {
                throw new InvalidInputException(option + ": there is no person " + who + "; "
                        + (people == 1 ? "there is only person 1" : "people are numbered 1 to " + people));
            }
            return number - 1;
        }
        int person = names.person(who);
        if (person < 0) {
            throw new InvalidInputException(
                    option + ": nobody is called " + who + "; " + names.known() + ", and people are numbered from 1");
        }
        return person;
    }
}
