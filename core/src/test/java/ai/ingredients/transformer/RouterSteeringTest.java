package ai.ingredients.transformer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.ingredients.InvalidInputException;
import ai.ingredients.tensor.Ops;
import ai.ingredients.tensor.Scope;
import ai.ingredients.testing.Fixture;
import ai.ingredients.transformer.VideoTransformer.Mixing;
import ai.ingredients.transformer.VideoTransformer.Options;
import ai.ingredients.transformer.VideoTransformer.Output;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A bias on the routers' logits, and people who are routed as others. */
class RouterSteeringTest {
    private static final String FIXTURE = "transformer_forward_2ids_cfg";

    /** What a pass returned, and the shares of every routed block. */
    private record Pass(Output output, List<Tensor> shares) {
        Tensor logits() {
            return output.routingLogits().getFirst();
        }
    }

    private static Pass pass(TinyModel tiny, Fixture fixture, IdentityContext people, Routing routing, Mixing mixing) {
        List<Tensor> seen = new ArrayList<>();
        Output output = tiny.model.forward(
                fixture.get("in_latents"),
                fixture.get("in_text"),
                fixture.get("in_timestep"),
                TinyModel.rotary(fixture),
                people,
                new Options(
                        routing,
                        1,
                        mixing,
                        (block, hidden, residual, shares) -> seen.add(Scope.retain(shares.clone()))));
        return new Pass(output, seen);
    }

    private static Tensor tokens(TinyModel tiny, int people) {
        torch.manual_seed(7);
        IdentityConfig identity = Objects.requireNonNull(tiny.config.identity());
        return torch.randn(people, identity.lfeNumQuerie(), identity.lfeOutputDim());
    }

    private static long videoTokens(TinyModel tiny, Fixture fixture) {
        Tensor latents = fixture.get("in_latents");
        long patch = tiny.config.patchSize();
        return latents.size(1) * (latents.size(3) / patch) * (latents.size(4) / patch);
    }

    private static void withModel(Check check) {
        try (Scope scope = Scope.inference();
                Fixture fixture = Fixture.open(FIXTURE);
                TinyModel tiny = TinyModel.ingredients()) {
            check.run(tiny, fixture);
        }
    }

    private interface Check {
        void run(TinyModel tiny, Fixture fixture);
    }

    @ParameterizedTest
    @EnumSource(Routing.class)
    void theBiasIsBetweenLogitsAndSoftmaxOfEveryRouter(Routing routing) {
        withModel((tiny, fixture) -> {
            IdentityContext people = tiny.people(fixture);
            torch.manual_seed(3);
            Tensor bias = torch.randn(videoTokens(tiny, fixture), 2);

            Pass plain = pass(tiny, fixture, people, routing, Mixing.ROUTED);
            Pass biased = pass(tiny, fixture, people.withBias(bias), routing, Mixing.ROUTED);

            assertTrue(biased.logits().equal(plain.logits()), "the first router's own logits have no bias");
            for (int j = 0; j < biased.shares.size(); j++) {
                Tensor wanted = Ops.softmax(biased.output.routingLogits().get(j).add(bias), 2);
                assertTrue(wanted.equal(biased.shares.get(j)), "shares of router " + j);
            }
            Tensor change =
                    biased.output.sample().sub(plain.output.sample()).abs().max();
            assertTrue(change.item().toDouble() > 1e-3, "the bias reaches the prediction");
        });
    }

    @ParameterizedTest
    @EnumSource(Routing.class)
    void aBiasOfZeroChangesNoBit(Routing routing) {
        withModel((tiny, fixture) -> {
            IdentityContext people = tiny.people(fixture);
            Tensor zero = torch.zeros(videoTokens(tiny, fixture), 2);
            Pass plain = pass(tiny, fixture, people, routing, Mixing.ROUTED);
            Pass biased = pass(tiny, fixture, people.withBias(zero), routing, Mixing.ROUTED);
            assertTrue(biased.output.sample().equal(plain.output.sample()));
        });
    }

    @Test
    void aLargeBiasGivesTheTokensToWhomItAsks() {
        withModel((tiny, fixture) -> {
            long count = videoTokens(tiny, fixture);
            Tensor bias = torch.zeros(count, 3);
            bias.narrow(0, 0, count / 2).select(1, 2).fill_(new Scalar(40));
            IdentityContext people = tiny.model.prepare(tokens(tiny, 3));
            Pass plain = pass(tiny, fixture, people, Routing.REFERENCE, Mixing.ROUTED);
            Pass biased = pass(tiny, fixture, people.withBias(bias), Routing.REFERENCE, Mixing.ROUTED);
            Tensor asked = biased.shares.getFirst().select(0, 0).narrow(0, 0, count / 2);
            assertTrue(asked.select(1, 2).min().item().toDouble() > 0.999);
            Tensor before = plain.shares.getFirst().select(0, 0);
            assertTrue(before.select(1, 2).max().item().toDouble() < 0.999, "as the router had it");
            Tensor elsewhere = biased.shares.getFirst().select(0, 0).narrow(0, count / 2, count - count / 2);
            assertTrue(elsewhere.equal(before.narrow(0, count / 2, count - count / 2)), "elsewhere nothing");
        });
    }

    @Test
    void permutingThePeopleWithTheirBiasPermutesTheShares() {
        withModel((tiny, fixture) -> {
            torch.manual_seed(11);
            Tensor bias = Ops.scale(torch.randn(videoTokens(tiny, fixture), 3), 3);
            Tensor tokens = tokens(tiny, 3);
            IdentityContext people = tiny.model.prepare(tokens).withBias(bias);
            IdentityContext reversed = tiny.model.prepare(tokens.flip(0)).withBias(bias.flip(1));
            Pass forward = pass(tiny, fixture, people, Routing.PER_BRANCH, Mixing.ROUTED);
            Pass backward = pass(tiny, fixture, reversed, Routing.PER_BRANCH, Mixing.ROUTED);
            Fixture.assertClose("sample", forward.output.sample(), backward.output.sample(), Fixture.MODULE);
            for (int j = 0; j < forward.shares.size(); j++) {
                Fixture.assertClose(
                        "shares " + j,
                        forward.shares.get(j),
                        backward.shares.get(j).flip(2),
                        Fixture.MODULE);
            }
        });
    }

    @Test
    void whereTheRouterIsNotUsedNoBiasIsEither() {
        withModel((tiny, fixture) -> {
            IdentityContext people = tiny.people(fixture);
            Tensor bias = torch.randn(videoTokens(tiny, fixture), 2);
            Pass plain = pass(tiny, fixture, people, Routing.REFERENCE, Mixing.UNIFORM);
            Pass biased = pass(tiny, fixture, people.withBias(bias), Routing.REFERENCE, Mixing.UNIFORM);
            assertTrue(biased.output.sample().equal(plain.output.sample()));
        });
    }

    @Test
    void aBiasForAnotherNumberOfPeopleIsRefused() {
        withModel((tiny, fixture) -> {
            IdentityContext people = tiny.people(fixture);
            Tensor bias = torch.zeros(videoTokens(tiny, fixture), 3);
            String message = assertThrows(InvalidInputException.class, () -> people.withBias(bias))
                    .getMessage();
            assertTrue(message.contains("2 people"), message);
        });
    }

    /** The shares of two people are exchanged and each keeps their features; as long as nothing else differs, in block 0. */
    @Test
    void peopleRoutedAsOthersExchangeTheirSharesOnly() {
        withModel((tiny, fixture) -> {
            IdentityContext people = tiny.model.prepare(tokens(tiny, 3));
            Pass plain = pass(tiny, fixture, people, Routing.REFERENCE, Mixing.ROUTED);
            Pass exchanged = pass(tiny, fixture, people.routedAs(List.of(1, 0, 2)), Routing.REFERENCE, Mixing.ROUTED);
            Tensor was = plain.shares.getFirst();
            Tensor is = exchanged.shares.getFirst();
            int[] order = {1, 0, 2};
            for (int n = 0; n < order.length; n++) {
                Fixture.assertClose("person " + n, was.select(2, order[n]), is.select(2, n), 1e-6);
            }
            assertTrue(
                    plain.output
                                    .sample()
                                    .sub(exchanged.output.sample())
                                    .abs()
                                    .max()
                                    .item()
                                    .toDouble()
                            > 1e-4,
                    "features do not move along: exchanging both would change nothing");
            Pass same = pass(tiny, fixture, people.routedAs(List.of(0, 1, 2)), Routing.REFERENCE, Mixing.ROUTED);
            assertTrue(same.output.sample().equal(plain.output.sample()), "everybody as themselves");
        });
    }

    /** In a checkpointed pass, too; and a routing loss does not see the bias. */
    @Test
    void aCheckpointedPassHasTheBias() {
        try (Scope scope = Scope.open();
                Fixture fixture = Fixture.open(FIXTURE);
                TinyModel tiny = TinyModel.ingredients(TinyModel.Purpose.TRAINING)) {
            torch.manual_seed(3);
            Tensor bias = torch.randn(videoTokens(tiny, fixture), 2);
            UnaryOperator<Tensor> loss = sample -> sample.square().mean();
            Options options = new Options(Routing.PER_BRANCH, 1);
            Output plain = tiny.model.forward(
                    fixture.get("in_latents"),
                    fixture.get("in_text"),
                    fixture.get("in_timestep"),
                    TinyModel.rotary(fixture),
                    tiny.people(fixture).withBias(bias),
                    options);
            loss.apply(plain.sample()).backward();
            Tensor parameter = Objects.requireNonNull(tiny.weights.parameters().get("router.0.to_q.weight"));
            Tensor wanted = parameter.grad().clone();
            parameter.mutable_grad().put(new Tensor());

            CheckpointedPass pass = tiny.model.checkpointed(
                    fixture.get("in_latents"),
                    fixture.get("in_text"),
                    fixture.get("in_timestep"),
                    TinyModel.rotary(fixture),
                    tiny.people(fixture).withBias(bias),
                    options);
            assertTrue(pass.output().sample().equal(plain.sample()));
            assertEquals(2, pass.output().routingLogits().size());
            for (int j = 0; j < 2; j++) {
                assertTrue(pass.output()
                        .routingLogits()
                        .get(j)
                        .equal(plain.routingLogits().get(j)));
            }
            pass.backward(loss.apply(pass.output().sample()));
            Fixture.assertClose("gradient", wanted, parameter.grad(), 0);
        }
    }
}
