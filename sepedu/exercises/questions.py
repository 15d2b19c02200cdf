"""Questions with a choice of answers, by lesson; `choice.ask` shows them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Question:
    """A question, and answers to choose from.

    Attributes
    ----------
    name : str
        By which progress counts it.
    text : str
    answers : dict of str
        For each answer what to say of it; the first one is right. They are shown in the order of
        the alphabet.
    """

    name: str
    text: str
    answers: dict[str, str]

    @property
    def right(self) -> str:
        """The answer that is right."""
        return next(iter(self.answers))


QUESTIONS: dict[str, tuple[Question, ...]] = {
    "00": (
        Question(
            "one_solution",
            "A friend says: “There are four stems and one mixture, so separation has one "
            "solution.” How many are there?",
            {
                "Infinitely many": "At each sample there are four unknowns and one equation. All "
                "of the mixture in one stem and silence in the others is one solution. Only "
                "knowledge about how music sounds picks a sensible one.",
                "Exactly one": "One equation at each sample cannot fix four unknowns.",
                "Two, one for each channel": "Each channel brings one equation, and four unknowns "
                "of its own.",
            },
        ),
        Question(
            "six_decibels",
            "Stem A has a level of −20 dB, stem B of −26 dB. How large are the samples of A beside "
            "those of B?",
            {
                "About twice as large": "6 dB are a factor of 10^(6/20), which is about 2.",
                "About four times as large": "That is the ratio of their energies. Amplitudes "
                "follow its square root.",
                "Six times as large": "Decibels are a logarithm: 20 dB would be a factor of 10.",
            },
        ),
    ),
    "01": (
        Question(
            "bins",
            "Which bins does a window of 2,048 samples give at 22,050 samples per second?",
            {
                "1,025 bins, 10.77 Hz apart": "2,048 / 2 + 1 bins, with 22,050 / 2,048 hertz "
                "between them.",
                "1,025 bins, 5.38 Hz apart": "The last bin lies at half the sampling rate: "
                "11,025 / 1,024 hertz lie between two bins.",
                "2,048 bins, 10.77 Hz apart": "For a real signal the upper half of the bins "
                "mirrors the lower one, and is left out.",
            },
        ),
        Question(
            "half_the_hop",
            "You halve the hop. What doubles?",
            {
                "The number of frames": "And the work with it. The window stays, and it decides "
                "about sharpness.",
                "The sharpness in frequency": "Only a longer window separates closer tones.",
                "The sharpness in time": "Frames lie closer, but each still hears as long a piece: "
                "the window decides.",
            },
        ),
    ),
    "02": (
        Question(
            "at_threshold",
            "At a point the mixture has the magnitude 2 and the source 1.2. At which threshold is "
            "the point in the mask?",
            {
                "At T = 0.5, not at T = 1": "1.2 > 1 is true, 1.2 > 2 is false. At T = 1 a source "
                "must exceed the whole mixture, which needs cancellation.",
                "At both": "At T = 1 the source would have to exceed 2.",
                "At neither": "At T = 0.5 it has to exceed 0.5 · 2 = 1, and it does.",
            },
        ),
        Question(
            "made_louder",
            "A mask was made beforehand, and then the song is made louder by 6 dB. Does the mask "
            "still fit?",
            {
                "Yes": "A gain multiplies source and mixture alike, and cancels in the comparison.",
                "Only at T = 0.5": "The gain cancels at every threshold.",
                "No, all magnitudes have doubled": "Those of the source and those of the mixture "
                "have: the comparison comes out the same.",
            },
        ),
    ),
    "03": (
        Question(
            "padding",
            "You add zeros at the ends of a song after normalising. What do they stand for?",
            {
                "A sound of average level": "Normalising moves the average to 0. Silence is a "
                "negative number then, which differs from frequency to frequency.",
                "Nothing: zeros are neutral": "To the network each number means a sound.",
                "Silence": "That is 0 before normalising. Afterwards it is a negative number.",
            },
        ),
        Question(
            "four_per_cent",
            "A mask has 4 % ones. A network reaches an accuracy of 95 %. How good is it?",
            {
                "Worse than saying no everywhere": "Which reaches 96 %.",
                "Better than chance, which is 50 %": "A coin is no yardstick where the classes "
                "differ so much in size. Always saying no reaches 96 %.",
                "Excellent": "Saying no everywhere reaches 96 %, and has learned nothing.",
            },
        ),
    ),
    "04": (
        Question(
            "kernel_parameters",
            "How many parameters has a convolution from 3 to 8 channels with a kernel of 5 × 5?",
            {
                "608": "8 × (3 × 25 + 1).",
                "208": "That is 8 × (25 + 1). Each output channel looks at all three input "
                "channels.",
                "600": "Each output channel has a bias, too.",
            },
        ),
        Question(
            "soft_recording",
            "The network is given a song that is recorded very softly. Does its output stay the "
            "same?",
            {
                "No": "The ideal mask does not depend on the level. But the network reads "
                "log(1 + magnitude), which does. Training with changed levels makes it less "
                "sensitive.",
                "Yes, for a mask does not depend on the level": "The ideal one does not. But the "
                "network reads log(1 + magnitude), which does.",
                "Yes, for its input is normalised": "By statistics of the training songs, not of "
                "this one: a soft song stays soft.",
            },
        ),
    ),
    "05": (
        Question(
            "overfitting",
            "The training loss falls and the validation loss rises. Which remedy is none?",
            {
                "Training for longer": "It overfits already, and would learn the training songs by "
                "heart even better.",
                "More songs, or new mixtures of their stems": "This helps: there is more than can "
                "be learned by heart.",
                "Dropout": "This helps: the network cannot rely on single values.",
                "Stopping early": "This helps: the best weights are those from before the rise.",
            },
        ),
        Question(
            "zero_grad",
            "A friend forgets `optimizer.zero_grad()`. What does the training do?",
            {
                "Each step follows the sum of all batches so far": "PyTorch adds new gradients to "
                "the old ones. Soon they have little to do with the present batch.",
                "It stops with an error": "Nothing is wrong for PyTorch: it adds new gradients to "
                "the old ones.",
                "Nothing changes but the memory": "Gradients take no more memory. But new ones are "
                "added to the old ones, and the steps follow the sum.",
            },
        ),
    ),
    "06": (
        Question(
            "shape_and_level",
            "An estimate has 12 dB SI-SDR and 3 dB SDR. What is the matter with it?",
            {
                "Its level": "Its shape is good. Scaling it by one factor brings the SDR close to "
                "the SI-SDR.",
                "It holds much of the other sources": "Then the SI-SDR would be low as well: no "
                "factor takes them out.",
                "Its phase": "A wrong phase is not mended by one factor, so the SI-SDR would be "
                "low as well.",
            },
        ),
        Question(
            "up_and_down",
            "A network's accuracy rises by one point and its SDR falls. How can that be?",
            {
                "It got faint points right and loud ones wrong": "In accuracy each point counts "
                "the same, in SDR it counts by its energy.",
                "It cannot: one of them was measured wrongly": "They measure different things: "
                "accuracy counts points, SDR weighs them by their energy.",
                "The songs are silent there": "Silent songs have no SDR and are left out.",
            },
        ),
    ),
    "07": (
        Question(
            "triangle",
            "A colleague reports 97 % accuracy for a network that finds the triangle in an "
            "orchestra. What do you ask first?",
            {
                "Which share of the points is the triangle's": "If it is 2 %, saying no reaches "
                "98 %. Then ask for recall, precision, and the SDR beside silence and an ideal "
                "mask.",
                "How large the network is": "However large it is, saying no everywhere may reach "
                "98 %.",
                "Whether it was trained for long enough": "Before that you need to know what "
                "saying no everywhere reaches.",
            },
        ),
        Question(
            "below_majority",
            "Can a network be below its majority class and still be useful?",
            {
                "Yes": "Accuracy takes only the side of 0.5. As a soft mask the same output can "
                "separate well. Look at the SDR.",
                "No: it knows less than a constant answer": "It may know much about the loud "
                "points, and as a soft mask it can separate well.",
            },
        ),
        Question(
            "held_out_frames",
            "The drums of the talk lose 8 points in a hundred between training and validation "
            "frames. With frames held out at random ours lose hardly any. What follows?",
            {
                "Its validation frames were hardly drawn at random from its training songs": "A "
                "held-out frame has neighbours among the training frames, so it is nearly known.",
                "Its network learned less by heart": "To lose much on new frames is what "
                "learning by heart looks like.",
                "Its threshold was 0.5": "The bass speaks against that: at T = 0.5 guessing beats "
                "the talk's accuracy.",
            },
        ),
    ),
    "08": (
        Question(
            "which_sum_to_one",
            "Which masks of all four sources sum to one at each point?",
            {
                "Wiener masks": "Each is a share of a total, and all shares make the whole.",
                "Binary masks at T = 0.5": "Each source is asked on its own. Two may exceed half "
                "of the mixture, or none.",
                "Both": "Binary masks at T = 0.5 ask each source on its own: two may say yes, or "
                "none.",
            },
        ),
        Question(
            "perfect_magnitude",
            "A separator predicts the magnitude of each source perfectly and uses the mixture's "
            "phase. Is its SDR infinite?",
            {
                "No": "The wrong phase alone leaves an error only some decibels below the signal, "
                "as lesson 06 measured.",
                "Yes: a perfect magnitude is a perfect source": "Magnitudes are half of a "
                "spectrum. The wrong phase leaves an error.",
            },
        ),
    ),
    "09": (
        Question(
            "transposed",
            "A picture of 64 × 16 with 32 channels goes through a transposed convolution with a "
            "kernel and a stride of 2, to 24 channels. Which shape has it then?",
            {
                "128 × 32 with 24 channels": "The stride doubles both sides.",
                "32 × 8 with 24 channels": "That is a convolution with a stride of 2. A transposed "
                "one goes the other way.",
                "64 × 16 with 24 channels": "The stride of 2 doubles both sides.",
            },
        ),
        Question(
            "no_idea",
            "A softmax that has no idea says 0.25 for each of the four sources. What would four "
            "sigmoids say?",
            {
                "0.5 each": "Then the estimates hold the mixture twice at that point. With a "
                "softmax they still sum to it.",
                "0.25 each": "A sigmoid does not know that there are three others: no idea is 0.5.",
                "0 each": "That would say that it is surely none of them.",
            },
        ),
    ),
}
