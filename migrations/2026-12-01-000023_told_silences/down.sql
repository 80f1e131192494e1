drop table silence_notices;
