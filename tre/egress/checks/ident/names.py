"""Common first names in France and English-speaking countries, without accents: enough to notice a column of names."""
# ruff: noqa: SIM905

FIRST_NAMES = frozenset(
    (
        "marie jean pierre michel andre philippe alain bernard jacques daniel patrick nicolas christophe francois "
        "laurent frederic eric stephane pascal sebastien david thierry julien olivier christian gerard guillaume "
        "alexandre antoine thomas maxime louis gabriel raphael arthur lucas hugo jules adam leo nathan paul mathis "
        "nathalie isabelle sylvie catherine martine christine francoise valerie sandrine stephanie veronique "
        "sophie celine chantal patricia anne brigitte julie monique aurelie nicole laurence annie dominique emilie "
        "claire elodie camille sarah laura manon lea emma chloe ines jade louise alice lina juliette anna "
        "charlotte mohamed ahmed fatima karim nadia samira youssef amina rachid khadija james john robert william "
        "richard joseph charles christopher matthew anthony mark donald steven andrew mary linda barbara elizabeth "
        "jennifer maria susan margaret dorothy lisa nancy karen betty helen sandra donna carol ruth sharon "
        "michelle laura kimberly deborah jessica emily ashley amanda melissa rebecca oliver george harry jack noah "
        "charlie amelia olivia isla ava mia henri rene marcel simone jeanne yvonne suzanne"
    ).split()
)
