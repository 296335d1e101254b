package ai.ingredients.data;

import ai.ingredients.InvalidInputException;
import ai.ingredients.face.Face;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.ArrayList;
import java.util.List;

/** Points and boxes as lists of numbers in JSON, to a hundredth of a pixel. */
final class Numbers {
    private static final double PER_PIXEL = 100;

    private Numbers() {}

    static ArrayNode json(Face.Box box) {
        return JsonNodeFactory.instance
                .arrayNode()
                .add(rounded(box.left()))
                .add(rounded(box.top()))
                .add(rounded(box.right()))
                .add(rounded(box.bottom()));
    }

    static ArrayNode json(List<Face.Point> points) {
        ArrayNode json = JsonNodeFactory.instance.arrayNode();
        points.forEach(point -> json.addArray().add(rounded(point.x())).add(rounded(point.y())));
        return json;
    }

    private static double rounded(double pixels) {
        return Math.round(pixels * PER_PIXEL) / PER_PIXEL;
    }

    /**
     * @param where file and place, for messages
     * @throws InvalidInputException when these are not the four numbers left, top, right, bottom
     */
    static Face.Box box(JsonNode json, String where) {
        double[] edges = numbers(json, 4, where + " is no box [left, top, right, bottom]");
        if (edges[2] < edges[0] || edges[3] < edges[1]) {
            throw new InvalidInputException(where + " is " + json + ", a box that ends before it begins");
        }
        return new Face.Box((float) edges[0], (float) edges[1], (float) edges[2], (float) edges[3]);
    }

    /** @throws InvalidInputException when these are not five points [x, y] */
    static List<Face.Point> landmarks(JsonNode json, String where) {
        String wrong = where + " are not five points [[x, y], …]: eyes, nose, corners of the mouth";
        if (!json.isArray() || json.size() != Face.LANDMARKS) {
            throw new InvalidInputException(wrong);
        }
        List<Face.Point> points = new ArrayList<>();
        for (JsonNode point : json) {
            double[] at = numbers(point, 2, wrong);
            points.add(new Face.Point(at[0], at[1]));
        }
        return List.copyOf(points);
    }

    private static double[] numbers(JsonNode json, int count, String wrong) {
        double[] values = new double[count];
        for (int i = 0; i < count; i++) {
            JsonNode value = json.path(i);
            if (!json.isArray() || json.size() != count || !value.isNumber() || !Double.isFinite(value.asDouble())) {
                throw new InvalidInputException(wrong);
            }
            values[i] = value.asDouble();
        }
        return values;
    }
}
